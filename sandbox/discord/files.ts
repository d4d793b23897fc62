/** The files that Discord keeps: attachments of messages and what people gave to commands. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import type { StoredFile } from './interface.ts';

/** Everything about a file but its bytes, which stay on disk. */
export interface FileEntry extends Omit<StoredFile, 'bytes'> {
  /** The path of its address without the signature: `/attachments/CHANNEL/ID/NAME`. */
  urlPath: string;
}

/** Keeps bytes on disk and knows their names, types and sizes. */
export interface FileStore {
  /** Keeps a file; a stream is read to its end. */
  put(input: {
    name: string;
    contentType: string | undefined;
    content: Readable | Uint8Array;
    /** What stands between the host and the file's id in its address. */
    folder: string;
  }): Promise<FileEntry>;
  get(id: string): FileEntry | null;
  read(entry: FileEntry): Promise<StoredFile>;
  /** Forgets a file that no message came to hold. */
  discard(id: string): Promise<void>;
  close(): Promise<void>;
}

const TYPES_BY_EXTENSION: Record<string, string> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  gif: 'image/gif',
  txt: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

/** Discord turns blanks into `_` and drops what is not a letter, digit, dot, dash or `_`. */
export function cleanFileName(name: string): string {
  return name.replaceAll(' ', '_').replace(/[^\w.-]/g, '') || 'unknown';
}

/** The pixels of a picture as stored; null for drawings, and for what is no picture. */
async function pixelsOf(path: string): Promise<{ width: number; height: number } | null> {
  try {
    const { format, width, height } = await sharp(path, { limitInputPixels: false }).metadata();
    return format === 'svg' ? null : { width, height };
  } catch {
    return null;
  }
}

/** Every file goes to disk, so that a load of large pictures costs no memory. */
export async function createFileStore(nextId: () => string, maxBytes: number): Promise<FileStore> {
  const directory = await mkdtemp(join(tmpdir(), 'local-discord-'));
  const entries = new Map<string, FileEntry>();
  let storedBytes = 0;

  const discard = async (entry: FileEntry) => {
    if (!entries.delete(entry.id)) return;
    storedBytes -= entry.size;
    await rm(entry.path, { force: true });
  };

  return {
    async put({ name, contentType, content, folder }) {
      const id = nextId();
      const path = join(directory, id);
      const hash = createHash('sha256');
      let size = 0;
      const measure = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          size += chunk.length;
          hash.update(chunk);
          done(null, chunk);
        },
      });
      const source = content instanceof Readable ? content : Readable.from([content]);
      try {
        await pipeline(source, measure, createWriteStream(path));
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }

      const cleanName = cleanFileName(name);
      const extension = cleanName.split('.').at(-1)?.toLowerCase() ?? '';
      const type = TYPES_BY_EXTENSION[extension] ?? contentType ?? 'application/octet-stream';
      // A file that only calls itself a picture has no size, as on Discord.
      const image = type.startsWith('image/') ? await pixelsOf(path) : null;
      const entry: FileEntry = {
        id,
        name: cleanName,
        contentType: type,
        size,
        sha256: hash.digest('hex'),
        width: image?.width ?? null,
        height: image?.height ?? null,
        path,
        urlPath: `${folder}/${id}/${cleanName}`,
      };
      entries.set(id, entry);
      storedBytes += size;
      for (const oldest of entries.values()) {
        if (storedBytes <= maxBytes || oldest === entry) break;
        await discard(oldest);
      }
      return entry;
    },
    get: (id) => entries.get(id) ?? null,
    read: async ({ urlPath: _, ...entry }) => ({ ...entry, bytes: await readFile(entry.path) }),
    async discard(id) {
      const entry = entries.get(id);
      if (entry) await discard(entry);
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}
