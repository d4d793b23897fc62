import { open } from 'node:fs/promises';
import type { ImageFile } from '../domain.ts';

/** How far from the end a picture's last mark may stand; some writers leave bytes behind it. */
const TAIL_BYTES = 65_536;

/** PNG's last chunk, and JPEG's end-of-image marker. */
const LAST_MARKS: Record<string, Buffer> = {
  'image/png': Buffer.from('IEND', 'latin1'),
  'image/jpeg': Buffer.from([0xff, 0xd9]),
};

/**
 * Whether a picture goes on to its end, told from its first and last bytes alone: decoding it
 * would take seconds of a 4K picture's time. A type without a known end counts as whole.
 */
export async function isWholePicture({ path, mime, bytes }: ImageFile): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    if (mime === 'image/webp') {
      // RIFF says at its beginning how many bytes follow its first eight.
      const head = Buffer.alloc(8);
      await file.read(head, 0, head.length, 0);
      return head.readUInt32LE(4) + 8 <= bytes;
    }
    const mark = LAST_MARKS[mime];
    if (mark === undefined) return true;
    const length = Math.min(bytes, TAIL_BYTES);
    const tail = Buffer.alloc(length);
    await file.read(tail, 0, length, bytes - length);
    return tail.includes(mark);
  } finally {
    await file.close();
  }
}
