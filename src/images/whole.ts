import { open } from 'node:fs/promises';
import type { ImageFile } from '../domain.ts';
import { sniffType } from './sniff.ts';

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

/** How a picture's very last bytes read, where its type has an end of its own. */
const LAST_BYTES: Record<string, Buffer> = {
  'image/png': Buffer.from('49454e44ae426082', 'hex'),
  'image/jpeg': Buffer.from('ffd9', 'hex'),
  'image/gif': Buffer.from(';', 'latin1'),
};

/**
 * Whether a picture of so many bytes ends with these, told while it still arrives: nothing more of
 * it is to be expected then. False where its type has no end that can be told.
 * @param head its first 16 bytes or more
 * @param tail its last 8 bytes or more
 */
export function hasPictureEnd(head: Buffer, tail: Buffer, bytes: number): boolean {
  const mime = sniffType(head) ?? '';
  if (mime === 'image/webp') {
    const said = head.readUInt32LE(4) + 8;
    return bytes === said || bytes === said + (said % 2);
  }
  const last = LAST_BYTES[mime];
  return last !== undefined && tail.subarray(-last.length).equals(last);
}
