import { readdirSync, statSync } from 'node:fs';
import { open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { makeFolder } from '../../data-folder.ts';
import { Failure, type ImageFile } from '../../domain.ts';
import { extensionOf } from '../header/image-type.ts';
import { checkOwner, parseName, partName, type SpoolRole, wholeName } from './file-names.ts';
import { identifyFile, type MeasurePicture } from './identify-file.ts';

export type { SpoolRole } from './file-names.ts';

/** One file on its way to disk. Exactly one of `finish` and `discard` ends it. */
export interface SpoolFile {
  /** Bytes taken so far. */
  readonly bytes: number;
  /**
   * Appends. The bytes must stay untouched until the promise settles, and the next write waits
   * for it: that wait is the back-pressure. Throws `Failure`: `no_space`, `internal`.
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * In place of `write`: something else writes the whole file at the path, natively perhaps, so
   * that its bytes never pass through this process's heap. They count once it is done. Rejects
   * with whatever the writer did, and with `Failure('no_space')` where the bound is passed.
   */
  fill(writer: (path: string) => Promise<unknown>): Promise<void>;
  /**
   * Gives the file its final name once its type and size are read from its own bytes; a reference
   * that has to be converted has no size yet (0). Throws `Failure('bad_answer')` (details.problem `not_an_image`) and removes it when it is no picture.
   */
  finish(role?: SpoolRole): Promise<ImageFile>;
  /** Removes what was written. May be called at any time, any number of times. */
  discard(): Promise<void>;
}

/** A whole file that an earlier run left behind. */
export interface StoredImage {
  image: ImageFile;
  role: SpoolRole;
  /** Later files have greater numbers. */
  sequence: number;
}

/** Pictures on disk, within a bound. A file has its final name only when it is whole. */
export interface Spool {
  /** Bytes on disk, unfinished files included. */
  readonly usedBytes: number;
  /** `owner` is the generation's id. Nothing touches the disk before the first write. */
  open(owner: string): SpoolFile;
  /** Removes a whole file; one that is gone already is no error. */
  remove(image: Pick<ImageFile, 'path'>): Promise<void>;
  /** Renames a whole file for what it turned out to be: a draft may become the result. */
  assign(image: ImageFile, role: SpoolRole): Promise<ImageFile>;
  /** Whole files of an owner, oldest first: what a killed process left behind. */
  find(owner: string): Promise<StoredImage[]>;
  /** The picture of an owner as the model made it; null where it is not on disk, or not any more. */
  findWhole(owner: string): Promise<ImageFile | null>;
  /** Whose whole files are on disk, each once. */
  owners(): Promise<string[]>;
  /**
   * Removes the whole files whose owner is not to be kept, and the unfinished ones that an earlier
   * process left.
   */
  sweep(keep: (owner: string) => boolean): Promise<void>;
}

/**
 * Opens the spool and counts what is there. No fsync anywhere: a killed process loses nothing
 * that was written, and a machine that loses power asks for its pictures again.
 */
export function createSpool(options: {
  directory: string;
  maxBytes: number;
  /** Measures what has no plain header; such a file counts as no picture when left out. */
  measure?: MeasurePicture;
}): Spool {
  const directory = resolve(options.directory);
  const { measure = async () => null } = options;
  // References of other types are converted before anybody asks for their size.
  const measureFor = (role: SpoolRole) => (role === 'reference' ? null : measure);
  makeFolder(directory);
  /** Bytes of each file of the spool, by name. */
  const sizes = new Map<string, number>();
  /** Unfinished files of this process. */
  const unfinished = new Set<string>();
  let usedBytes = 0;
  let lastSequence = 0;
  for (const name of readdirSync(directory)) {
    const parsed = parseName(name);
    if (parsed === null) continue;
    lastSequence = Math.max(lastSequence, parsed.sequence);
    account(name, statSync(join(directory, name)).size);
  }

  function account(name: string, bytes: number): void {
    usedBytes += bytes - (sizes.get(name) ?? 0);
    if (bytes === 0) sizes.delete(name);
    else sizes.set(name, bytes);
  }

  async function removeByName(name: string): Promise<void> {
    await rm(join(directory, name), { force: true });
    account(name, 0);
  }

  async function renameTo(from: string, to: string): Promise<void> {
    await rename(join(directory, from), join(directory, to));
    const bytes = sizes.get(from) ?? 0;
    account(from, 0);
    account(to, bytes);
  }

  /** The name of one of our whole files; anything else is a bug of the caller. */
  function nameOf(path: string) {
    const name = resolve(path).slice(directory.length + 1);
    const parsed = parseName(name);
    if (parsed === null || join(directory, name) !== resolve(path)) {
      throw new Failure('internal', 'a file outside the spool was handed to it');
    }
    return { name, parsed };
  }

  function openFile(owner: string): SpoolFile {
    checkOwner(owner);
    const sequence = ++lastSequence;
    const part = partName(owner, sequence);
    const path = join(directory, part);
    let bytes = 0;
    let opening: ReturnType<typeof open> | undefined;
    let writing: Promise<void> = Promise.resolve();
    let ended = false;

    function count(total: number): void {
      bytes = total;
      account(part, bytes);
    }

    async function fill(writer: (path: string) => Promise<unknown>): Promise<void> {
      // Made here for its permissions; a writer keeps those of a file that is there.
      await (await open(path, 'wx', 0o600)).close();
      try {
        await writer(path);
      } finally {
        count((await stat(path)).size);
      }
      if (usedBytes > options.maxBytes) throw boundReached();
    }

    async function append(chunk: Uint8Array): Promise<void> {
      const handle = await opening;
      let done = 0;
      while (done < chunk.length && handle !== undefined) {
        done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
      }
    }

    async function close(): Promise<void> {
      await writing.catch(() => {});
      const handle = await opening?.catch(() => undefined);
      await handle?.close();
      opening = undefined;
    }

    async function discard(): Promise<void> {
      if (ended) return;
      ended = true;
      await close();
      unfinished.delete(part);
      await removeByName(part);
    }

    return {
      get bytes() {
        return bytes;
      },
      write(chunk) {
        if (ended) return Promise.reject(new Failure('internal', 'a write to an ended spool file'));
        if (usedBytes + chunk.length > options.maxBytes) return Promise.reject(boundReached());
        count(bytes + chunk.length);
        unfinished.add(part);
        opening ??= open(path, 'wx+', 0o600);
        writing = append(chunk).catch((error: unknown) => {
          throw diskFailure(error);
        });
        return writing;
      },
      fill(writer) {
        if (ended || bytes > 0) {
          return Promise.reject(new Failure('internal', 'a spool file cannot be filled twice'));
        }
        unfinished.add(part);
        const filling = fill(writer);
        writing = filling;
        return filling;
      },
      async finish(role = 'image') {
        if (ended) throw new Failure('internal', 'a spool file was ended twice');
        try {
          await writing;
          const handle = await opening;
          const sniffed = bytes === 0 ? null : await identifyFile(path, measureFor(role), handle);
          if (sniffed === null) {
            throw new Failure('bad_answer', 'the bytes are not a picture', {
              details: { problem: 'not_an_image' },
            });
          }
          await close();
          const name = wholeName({ owner, sequence, role }, extensionOf(sniffed.mime));
          await renameTo(part, name);
          unfinished.delete(part);
          ended = true;
          return { path: join(directory, name), bytes, ...sniffed };
        } catch (error) {
          await discard();
          throw error instanceof Failure ? error : diskFailure(error);
        }
      },
      discard,
    };
  }

  async function find(owner: string): Promise<StoredImage[]> {
    checkOwner(owner);
    const found: StoredImage[] = [];
    for (const name of await readdir(directory)) {
      const parsed = parseName(name);
      if (parsed?.owner !== owner || parsed.role === null) continue;
      const path = join(directory, name);
      const sniffed = await identifyFile(path, measureFor(parsed.role)).catch(nullWhereGone);
      if (sniffed === null) continue;
      const image = { path, bytes: sizes.get(name) ?? 0, ...sniffed };
      found.push({ image, role: parsed.role, sequence: parsed.sequence });
    }
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  return {
    get usedBytes() {
      return usedBytes;
    },
    open: openFile,
    async remove(image) {
      await removeByName(nameOf(image.path).name);
    },
    async assign(image, role) {
      const { name, parsed } = nameOf(image.path);
      const wanted = wholeName({ ...parsed, role }, extensionOf(image.mime));
      if (wanted !== name) await renameTo(name, wanted);
      return { ...image, path: join(directory, wanted) };
    },
    find,
    async findWhole(owner) {
      return (await find(owner)).findLast(({ role }) => role === 'image')?.image ?? null;
    },
    async owners() {
      const names = (await readdir(directory)).map(parseName);
      return [...new Set(names.flatMap((name) => (name?.role ? name.owner : [])))];
    },
    async sweep(keep) {
      for (const name of await readdir(directory)) {
        const parsed = parseName(name);
        if (parsed === null || unfinished.has(name)) continue;
        if (parsed.role !== null && keep(parsed.owner)) continue;
        await removeByName(name);
      }
    },
  };
}

/** A file may go between the look into the folder and the look into the file. */
function nullWhereGone(error: unknown): null {
  if ((error as NodeJS.ErrnoException | null)?.code === 'ENOENT') return null;
  throw error;
}

function boundReached(): Failure {
  return new Failure('no_space', 'the spool has reached its bound');
}

/** A full disk is the operator's to mend; whatever else the disk says is a bug or a broken disk. */
function diskFailure(error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new Failure('no_space', `the disk is full (${code})`, { cause: error });
  }
  return new Failure('internal', `the spool could not be written (${code ?? 'unknown'})`, {
    cause: error,
  });
}
