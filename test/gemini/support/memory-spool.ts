import { Failure, type ImageFile } from '../../../src/domain.ts';
import { imageTypeOf } from '../../../src/images/header/image-type.ts';
import { readHeader } from '../../../src/images/header/read-header.ts';
import type { Spool, SpoolFile, SpoolRole } from '../../../src/images/spool/spool.ts';
import { countedSource } from '../../support/byte-source.ts';

/** A spool in memory, for tests that read one answer some thousand times. */
export interface MemorySpool extends Spool {
  /** Whole files by path. */
  readonly files: Map<string, Buffer>;
  /** Files that were begun and neither finished nor discarded. */
  readonly unfinished: number;
}

/** @param slow whether each write takes a turn of the event loop, as a disk's does */
export function createMemorySpool(
  options: { maxBytes?: number; slow?: boolean } = {},
): MemorySpool {
  const { maxBytes = Number.POSITIVE_INFINITY, slow = false } = options;
  const files = new Map<string, Buffer>();
  let unfinished = 0;
  let sequence = 0;

  function open(owner: string): SpoolFile {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let ended = false;
    sequence += 1;
    const name = `${owner}.${sequence}`;
    unfinished += 1;
    const end = () => {
      if (!ended) unfinished -= 1;
      ended = true;
    };
    return {
      get bytes() {
        return bytes;
      },
      async write(chunk) {
        if (ended) throw new Error('a write to an ended file');
        if (bytes + chunk.length > maxBytes) throw new Failure('no_space', 'the bound is reached');
        bytes += chunk.length;
        // Copied only after the wait, so that a block that is filled again too early shows.
        if (slow) await new Promise((resolve) => setImmediate(resolve));
        chunks.push(Buffer.from(chunk));
      },
      fill: () => Promise.reject(new Error('the model’s wire fills no file this way')),
      async finish(role: SpoolRole = 'image') {
        end();
        const whole = Buffer.concat(chunks);
        const mime = imageTypeOf(whole);
        const header = mime === null ? null : await readHeader(mime, countedSource(whole));
        if (mime === null || header === null || header === 'too_long') {
          throw new Failure('bad_answer', 'not a picture', {
            details: { problem: 'not_an_image' },
          });
        }
        const path = `${name}.${role}`;
        files.set(path, whole);
        return { path, bytes, mime, width: header.width, height: header.height };
      },
      async discard() {
        end();
      },
    };
  }

  return {
    files,
    get unfinished() {
      return unfinished;
    },
    get usedBytes() {
      return [...files.values()].reduce((sum, file) => sum + file.length, 0);
    },
    open,
    async remove(image) {
      files.delete(image.path);
    },
    assign: async (image: ImageFile) => image,
    find: async () => [],
    findWhole: async () => null,
    owners: async () => [],
    sweep: async () => {},
  };
}
