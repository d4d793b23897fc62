import { crc32 } from 'node:zlib';

/** How an orientation is written down. */
export interface OrientationTag {
  value: number;
  order: 'II' | 'MM';
  type: 'byte' | 'short' | 'long' | 'text';
  /** Other entries before it. */
  entriesBefore?: number;
}

const TYPES = { byte: 1, text: 2, short: 3, long: 4 } as const;

/** An EXIF block: a TIFF header and one directory. */
export function exifBlock({ value, order, type, entriesBefore = 0 }: OrientationTag): Buffer {
  const isLittle = order === 'II';
  const short = (number: number) => {
    const bytes = Buffer.alloc(2);
    if (isLittle) bytes.writeUInt16LE(number);
    else bytes.writeUInt16BE(number);
    return bytes;
  };
  const long = (number: number) => {
    const bytes = Buffer.alloc(4);
    if (isLittle) bytes.writeUInt32LE(number);
    else bytes.writeUInt32BE(number);
    return bytes;
  };
  const inline =
    type === 'long'
      ? long(value)
      : type === 'short'
        ? Buffer.concat([short(value), Buffer.alloc(2)])
        : Buffer.from([value, 0, 0, 0]);
  const other = (index: number) =>
    Buffer.concat([short(0x0100 + index), short(TYPES.long), long(1), long(7)]);
  return Buffer.concat([
    Buffer.from(order),
    short(42),
    // Not right behind the header, as the format allows.
    long(12),
    Buffer.alloc(4),
    short(entriesBefore + 1),
    ...Array.from({ length: entriesBefore }, (_, index) => other(index)),
    Buffer.concat([short(0x0112), short(TYPES[type]), long(1), inline]),
    long(0),
  ]);
}

/** A JPEG with an EXIF segment behind its first marker. */
export function jpegWith(jpeg: Buffer, block: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), block]);
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

/** A PNG with an `eXIf` chunk behind its header, or before its end. */
export function pngWith(png: Buffer, block: Buffer, place: 'before' | 'behind' = 'before'): Buffer {
  const body = Buffer.concat([Buffer.from('eXIf', 'latin1'), block]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(block.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  const at = place === 'before' ? 33 : png.length - 12;
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(at)]);
}

/** A simple WebP in the extended format, with an EXIF chunk behind its pixels. */
export function webpWith(webp: Buffer, block: Buffer): Buffer {
  const pixels = webp.subarray(12);
  // Of the simple lossy format: the sides stand in its first frame.
  const sides = [pixels.readUInt16LE(14) & 0x3fff, pixels.readUInt16LE(16) & 0x3fff];
  const extended = Buffer.alloc(18);
  extended.write('VP8X', 0, 'latin1');
  extended.writeUInt32LE(10, 4);
  extended.writeUInt8(0x08, 8);
  extended.writeUIntLE((sides[0] ?? 1) - 1, 12, 3);
  extended.writeUIntLE((sides[1] ?? 1) - 1, 15, 3);
  const exif = Buffer.alloc(8 + block.length + (block.length % 2));
  exif.write('EXIF', 0, 'latin1');
  exif.writeUInt32LE(block.length, 4);
  block.copy(exif, 8);
  const body = Buffer.concat([Buffer.from('WEBP'), extended, pixels, exif]);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body]);
}
