import { readdirSync, statSync } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../data-folder.ts';
import { Failure } from '../../domain.ts';
import { fileSource } from '../header/byte-source.ts';
import { imageTypeOf, MAGIC_BYTES } from '../header/image-type.ts';
import { hasPlainHeader, readHeader } from '../header/read-header.ts';
import { parseName, type SpoolName, type SpoolRole } from './file-names.ts';

export interface SpoolOptions {
  directory: string;
  maxBytes: number;
  /**
   * Measures a picture without a plain header, elsewhere; null where it is no picture. Such a file
   * counts as none when this is left out.
   */
  measure?: (path: string) => Promise<{ width: number; height: number } | null>;
}

/** The files of the spool, and what they take of its bound. */
export class SpoolFolder {
  readonly #directory: string;
  readonly #options: SpoolOptions;
  /** Bytes of each file by name; empty ones are not in it. */
  readonly #sizes = new Map<string, number>();
  /** Always the sum of `#sizes`. */
  #usedBytes = 0;
  /** Names of this process's files that are not whole yet: no sweep takes them. */
  readonly unfinished = new Set<string>();
  /** The greatest of any file that was ever seen here. */
  lastSequence = 0;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#directory = resolve(options.directory);
    makeFolder(this.#directory);
    for (const { name, sequence } of spoolNames(readdirSync(this.#directory))) {
      this.lastSequence = Math.max(this.lastSequence, sequence);
      this.account(name, statSync(this.pathOf(name)).size);
    }
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.#usedBytes + bytes <= this.#options.maxBytes;
  }

  /** Names of all files of the spool, oldest first. */
  async list(): Promise<SpoolName[]> {
    return spoolNames(await readdir(this.#directory)).sort((a, b) => a.sequence - b.sequence);
  }

  pathOf(name: string): string {
    return join(this.#directory, name);
  }

  /** The name of one of our whole files; anything else is a bug of the caller. */
  nameOf(path: string): SpoolName {
    const name = parseName(resolve(path).slice(this.#directory.length + 1));
    if (name === null || this.pathOf(name.name) !== resolve(path)) {
      throw new Failure('internal', 'a file outside the spool was handed to it');
    }
    return name;
  }

  sizeOf(name: string): number {
    return this.#sizes.get(name) ?? 0;
  }

  /** Notes how many bytes a file has by now. */
  account(name: string, bytes: number): void {
    this.#usedBytes += bytes - this.sizeOf(name);
    if (bytes === 0) this.#sizes.delete(name);
    else this.#sizes.set(name, bytes);
  }

  /** Removes a file; one that is gone already is no error. */
  async remove(name: string): Promise<void> {
    this.unfinished.delete(name);
    await rm(this.pathOf(name), { force: true });
    this.account(name, 0);
  }

  async rename(from: string, to: string): Promise<void> {
    await rename(this.pathOf(from), this.pathOf(to));
    const bytes = this.sizeOf(from);
    this.account(from, 0);
    this.account(to, bytes);
    this.unfinished.delete(from);
  }

  /**
   * Type and size of a picture on disk, in pixels as stored: an EXIF orientation is not applied. Of
   * PNG, JPEG, WebP and GIF a few parts of the header are read back (they are still in the page
   * cache); all others, and headers that are longer than is read here, are measured elsewhere, or,
   * where they are references that have to be converted, not at all (0). Null when it is no image.
   */
  async identify(
    path: string,
    role: SpoolRole,
    handle?: FileHandle,
  ): Promise<{ mime: string; width: number; height: number } | null> {
    const file = handle ?? (await open(path, 'r'));
    try {
      const source = fileSource(file);
      const mime = imageTypeOf(await source.read(0, MAGIC_BYTES));
      if (mime === null) return null;
      const header = hasPlainHeader(mime) ? await readHeader(mime, source) : 'too_long';
      if (header !== 'too_long') {
        return header && { mime, width: header.width, height: header.height };
      }
      if (role === 'reference') return { mime, width: 0, height: 0 };
      const size = (await this.#options.measure?.(path)) ?? null;
      return size && { mime, ...size };
    } finally {
      if (handle === undefined) await file.close();
    }
  }
}

/** The names of the spool's files; others in the folder are not ours. */
function spoolNames(files: string[]): SpoolName[] {
  return files.map(parseName).filter((name) => name !== null);
}
