import { type FileHandle, open } from 'node:fs/promises';
import type { ImageFile } from '../../domain.ts';
import { fileSource } from '../header/byte-source.ts';
import { imageTypeOf } from '../header/image-type.ts';
import { readHeader } from '../header/read-header.ts';

/** How far from the end a picture's last mark may stand; some writers leave bytes behind it. */
const TAIL_BYTES = 65_536;

const PNG_END = Buffer.from('IEND', 'latin1');
const JPEG_END = Buffer.from([0xff, 0xd9]);

/**
 * Whether a picture goes on to its end, told from its marks alone: decoding it would take seconds
 * of a 4K picture's time. A type without a known end counts as whole. Reads the last 64 KiB, and of
 * a JPEG without its mark there (a phone's film stands behind it) the file once.
 */
export async function isCompleteImage({
  path,
  mime,
  bytes,
}: Pick<ImageFile, 'path' | 'mime' | 'bytes'>): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    if (mime === 'image/webp') {
      // RIFF says at its beginning how many bytes follow its first eight.
      const head = Buffer.alloc(8);
      await file.read(head, 0, head.length, 0);
      return head.readUInt32LE(4) + 8 <= bytes;
    }
    if (mime === 'image/png') return await holds(PNG_END, file, bytes - TAIL_BYTES, bytes);
    if (mime !== 'image/jpeg') return true;
    // A thumbnail among the metadata has an end of its own.
    const header = await readHeader(mime, fileSource(file));
    const from = header === null || header === 'too_long' ? 0 : header.dataOffset;
    const tail = Math.max(from, bytes - TAIL_BYTES);
    return (
      (await holds(JPEG_END, file, tail, bytes)) || (await holds(JPEG_END, file, from, tail + 1))
    );
  } finally {
    await file.close();
  }
}

/** Whether the mark stands between two offsets; goes through them once. */
async function holds(mark: Buffer, file: FileHandle, from: number, to: number): Promise<boolean> {
  const block = Buffer.alloc(TAIL_BYTES);
  for (let at = Math.max(from, 0); at < to; ) {
    const { bytesRead } = await file.read(block, 0, Math.min(block.length, to - at), at);
    if (block.subarray(0, bytesRead).includes(mark)) return true;
    if (bytesRead < mark.length) return false;
    // A mark may lie across two blocks.
    at += bytesRead - (mark.length - 1);
    if (at + mark.length > to) return false;
  }
  return false;
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
export function endsLikeImage(head: Buffer, tail: Buffer, bytes: number): boolean {
  const mime = imageTypeOf(head) ?? '';
  if (mime === 'image/webp') {
    const said = head.readUInt32LE(4) + 8;
    return bytes === said || bytes === said + (said % 2);
  }
  const last = LAST_BYTES[mime];
  return last !== undefined && tail.subarray(-last.length).equals(last);
}
