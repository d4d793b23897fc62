import { crc32 } from 'node:zlib';
import type { PictureFormat } from './geometry.ts';
import { seededRandom } from './random.ts';

/**
 * Makes an image file longer without touching its picture, by a part that every reader skips.
 * Returns the file as it is when it already has the length. A JPEG or WebP may end a few bytes
 * longer than asked.
 */
export function padTo(file: Buffer, format: PictureFormat, bytes: number): Buffer {
  const missing = bytes - file.length;
  if (missing <= 0) return file;
  switch (format) {
    case 'png':
      return padPng(file, missing);
    case 'jpeg':
      return padJpeg(file, missing);
    case 'webp':
      return padWebp(file, missing);
  }
}

/** Bytes that do not compress, the same on every run. */
function filling(bytes: number): Buffer {
  const random = seededRandom('padding');
  const block = Buffer.alloc(65_536);
  for (let index = 0; index < block.length; index += 1) block[index] = random.whole(0, 255);
  return Buffer.alloc(Math.max(0, bytes), block);
}

/** An ancillary, private, safe-to-copy chunk (PNG specification, chunk naming) before IEND. */
function padPng(file: Buffer, missing: number): Buffer {
  const overhead = 12;
  const data = filling(missing - overhead);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write('drKm', 4, 'latin1');
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(data, crc32(head.subarray(4))), 0);
  const end = file.length - overhead;
  return Buffer.concat([file.subarray(0, end), head, data, checksum, file.subarray(end)]);
}

/** Comment segments after the start marker; each holds at most 65,533 bytes. */
function padJpeg(file: Buffer, missing: number): Buffer {
  const segments: Buffer[] = [];
  for (let left = missing; left > 0; ) {
    const length = Math.min(65_533, Math.max(0, left - 4));
    const head = Buffer.from([0xff, 0xfe, 0, 0]);
    head.writeUInt16BE(length + 2, 2);
    segments.push(head, filling(length));
    left -= length + 4;
  }
  return Buffer.concat([file.subarray(0, 2), ...segments, file.subarray(2)]);
}

/** An unknown RIFF chunk at the end; chunks have even lengths. */
function padWebp(file: Buffer, missing: number): Buffer {
  const data = filling(Math.max(0, missing - 8 + (missing % 2)));
  const head = Buffer.alloc(8);
  head.write('DRKM', 0, 'latin1');
  head.writeUInt32LE(data.length, 4);
  const padded = Buffer.concat([file, head, data]);
  padded.writeUInt32LE(padded.length - 8, 4);
  return padded;
}
