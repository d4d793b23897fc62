/**
 * Pictures that cost whoever decodes them much more than whoever sends them. Each function returns
 * a whole file; none of them decodes or encodes anything.
 */
import { constants, crc32, deflateRawSync, deflateSync, inflateRawSync } from 'node:zlib';

/** Written by libaom, for what it makes of 67 million black pixels; deflated. */
const BOMB = [
  'Y2BgkEkrqSxILMtMY2BgYMjNTDMEsXMzE0H8a7mpJYkMEKCYkZJTBGUzFGQmlzCgAaXMnPxkEMPFgYGRgREs9gtKMz',
  'BHMTAwKGdm5oGtAYuKZualpTJBeYllBoYgJl9BZkkuXElYZkFRAQMDg0VmQXI+AwMDT2KZoXOjPA9IXiSzuCAVYrgC',
  'FDMIFGRWZIKt4+DgYGBgEMssyIW5n5GBkbmRiZmBgTkpNyWxRIiBi1v+s/3//986ODJMFIxOsEnwf29vFb3///+j8w',
  'caGLLOn9L6Lll5N1RJ8csM5p03PWtOi0skfPS4fmBmo+AloYzqppm7lZtvhfq/vLJ544l8L57zS42du/gYzryZLlKk',
  'Ip3vbB/FbtDLvPDm5GdcMt7X9z/1mVS7LTnlPuvBevHVMxcuCAranTaD2+eAw7nJDRkIux7e+nKwRHDWuohzpk0vey',
  'a3KHx/K3veru9pZJlDdO7hTpGq+8eeyrxlnZMuyzNVlCHk/E6H21Nr3d6f1ghaGtDNkVm3r+eupbbeYQF5ld6OmpV9',
  '7ft/XFSM8DzO/X7Ri+/7lh4YjjZlwmxS/DE76kXps9z3fa6b+nYZGf2+t2H3zopp+wSFJs7SPZzUd4A1psxI6sp2Pt',
  '7PC29x7grY1+V8dPa8z+8uyP1NXznjyPbFlbWmf75pcnyMLd/4Zd2/+d2rNiyd9+KX7oNPRnY9l5ItmRYknD+lKXRy',
  'NrcVR/TFFCHnb0XXDyxJZGG9fHWqnM2v4OPz/m1c/Xbh5q0h4UrbJ/jM3/LF5fqmVzYnox1PVi5Y9rt42+5JvLentH',
  '5duV/q9qabstU+6itWiuu1llSeWPpfsSEmVi7d+APtbaC5BQA=',
].join('');

export interface Side {
  width: number;
  height: number;
}

/**
 * A JPEG of one colour, in an eighth of a byte for each block and pass. With an orientation it is
 * a phone's photograph: 8192×6144 are 50 megapixels.
 *
 * @param isProgressive Makes libjpeg keep every coefficient until the whole file was read.
 * @param orientation EXIF's, 1–8; no EXIF at all when left out.
 */
export function solidJpeg(
  { width, height }: Side,
  { isProgressive = false, orientation }: { isProgressive?: boolean; orientation?: number } = {},
): Buffer {
  const COMPONENTS = 3;
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8) * COMPONENTS;
  const ones = Buffer.alloc(64, 1);
  const frame = Buffer.from([8, 0, 0, 0, 0, COMPONENTS, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]);
  frame.writeUInt16BE(height, 1);
  frame.writeUInt16BE(width, 3);
  /** One code of one bit, `0`: "no difference" for DC, "end of block" for AC. */
  const codes = Buffer.from([1, ...Array<number>(15).fill(0), 0]);
  const scan = (spectralEnd: number) =>
    segment(0xda, Buffer.from([COMPONENTS, 1, 0, 2, 0, 3, 0, 0, spectralEnd, 0]));
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    ...(orientation === undefined
      ? []
      : [segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), exif(orientation)]))]),
    segment(0xdb, Buffer.concat([Buffer.from([0]), ones])),
    segment(isProgressive ? 0xc2 : 0xc0, frame),
    segment(0xc4, Buffer.concat([Buffer.from([0x00]), codes, Buffer.from([0x10]), codes])),
    scan(isProgressive ? 0 : 63),
    Buffer.alloc(Math.ceil((blocks * (isProgressive ? 1 : 2)) / 8)),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** A PNG of zeros: of 16 bits and four channels it takes eight bytes a pixel to decode. */
export function solidPng(
  { width, height }: Side,
  {
    bits = 8,
    isInterlaced = false,
    orientation,
  }: { bits?: 8 | 16; isInterlaced?: boolean; orientation?: number } = {},
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, 6, 0, 0, isInterlaced ? 1 : 0], 8);
  // Interlaced pictures have a filter byte for each row of each of seven passes: never more than
  // two for each row.
  const rows = isInterlaced ? height * 2 : height;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(orientation === undefined ? [] : [chunk('eXIf', exif(orientation))]),
    chunk('IDAT', deflatedZeros(width * height * (bits / 2) + rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A TIFF whose strips all lie at the same place; turned by its orientation tag. */
export function solidTiff(
  { width, height }: Side,
  { orientation = 6, rowsPerStrip = 16 }: { orientation?: number; rowsPerStrip?: number } = {},
): Buffer {
  const strip = deflateSync(Buffer.alloc(width * 3 * rowsPerStrip), { level: 9 });
  const strips = Math.ceil(height / rowsPerStrip);
  const SHORT = 3;
  const LONG = 4;
  const entries: [tag: number, type: number, values: number[]][] = [
    [0x100, LONG, [width]],
    [0x101, LONG, [height]],
    [0x102, SHORT, [8, 8, 8]],
    [0x103, SHORT, [8]],
    [0x106, SHORT, [2]],
    [0x111, LONG, Array<number>(strips).fill(8)],
    [0x112, SHORT, [orientation]],
    [0x115, SHORT, [3]],
    [0x116, LONG, [rowsPerStrip]],
    [0x117, LONG, Array<number>(strips).fill(strip.length)],
  ];
  const padded = Buffer.concat([strip, Buffer.alloc(strip.length % 2)]);
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(entries.length, 0);
  const outside: Buffer[] = [];
  let end = 8 + padded.length + directory.length;
  for (const [index, [tag, type, values]] of entries.entries()) {
    const bytes = Buffer.alloc(Math.max(4, values.length * (type === SHORT ? 2 : 4)));
    for (const [at, value] of values.entries()) {
      if (type === SHORT) bytes.writeUInt16LE(value, at * 2);
      else bytes.writeUInt32LE(value, at * 4);
    }
    const at = 2 + index * 12;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    if (bytes.length === 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(end, at + 8);
      outside.push(bytes);
      end += bytes.length;
    }
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + padded.length, 4);
  return Buffer.concat([header, padded, directory, ...outside]);
}

/** A GIF of one dot on a canvas of any size, up to 65,535 a side. */
export function dottedGif({ width, height }: Side, frames = 1): Buffer {
  const screen = Buffer.alloc(7);
  screen.writeUInt16LE(width, 0);
  screen.writeUInt16LE(height, 2);
  screen[4] = 0x80;
  const dot = Buffer.from('21f90400010000002c0000000001000100000202440100', 'hex');
  // In the far corner: decoders believe a frame rather than the screen.
  dot.writeUInt16LE(width - 1, 9);
  dot.writeUInt16LE(height - 1, 11);
  return Buffer.concat([
    Buffer.from('GIF89a', 'latin1'),
    screen,
    Buffer.from([255, 0, 0, 255, 255, 255]),
    ...Array<Buffer>(frames).fill(dot),
    Buffer.from([0x3b]),
  ]);
}

/** A WebP of so many frames of one pixel, 56 bytes each: libwebp looks for each from the first on. */
export function manyFramesWebp(frames: number): Buffer {
  const pixel = Buffer.from(
    '56503820180000003001009d012a0100010001402625a400037000fefd366800',
    'hex',
  );
  const animation = '565038580a00000002000000000000000000414e494d06000000ffffffff0000';
  const frame = Buffer.alloc(24 + pixel.length);
  frame.write('ANMF', 0, 'latin1');
  frame.writeUInt32LE(16 + pixel.length, 4);
  pixel.copy(frame, 24);
  const chunks = [Buffer.from(animation, 'hex'), ...Array<Buffer>(frames).fill(frame)];
  const content = Buffer.concat([Buffer.from('WEBP', 'latin1'), ...chunks]);
  const head = Buffer.from('RIFF\0\0\0\0', 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content]);
}

/** A JPEG with so many comments of a byte each before its frame. */
export function manySegmentsJpeg(comments: number): Buffer {
  const jpeg = solidJpeg({ width: 64, height: 48 }, { orientation: 6 });
  const comment = segment(0xfe, Buffer.from('.'));
  const start = jpeg.subarray(0, 2);
  return Buffer.concat([start, ...Array<Buffer>(comments).fill(comment), jpeg.subarray(2)]);
}

/** An AVIF of 8192×8192 pixels in a kilobyte. */
export function bombAvif(): Buffer {
  return inflateRawSync(Buffer.from(BOMB, 'base64'));
}

/** An AVIF of 2 MB whose properties hold so many sizes, of 20 bytes each. */
export function crowdedAvif(sizes = 105_000): Buffer {
  const size = Buffer.alloc(20);
  size.writeUInt32BE(size.length, 0);
  size.write('ispe', 4, 'latin1');
  size.writeUInt32BE(64, 12);
  size.writeUInt32BE(64, 16);
  const nothing = Buffer.alloc(4);
  const properties = box('iprp', box('ipco', ...Array<Buffer>(sizes).fill(size)));
  return Buffer.concat([
    box('ftyp', Buffer.from('avif\0\0\0\0avifmif1', 'latin1')),
    box('meta', nothing, properties),
    box('mdat', Buffer.alloc(16)),
  ]);
}

function box(type: string, ...content: Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 4, 'latin1');
  const whole = Buffer.concat([head, ...content]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

function segment(marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(content.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** EXIF with nothing but an orientation. */
function exif(orientation: number): Buffer {
  const block = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  block.writeUInt16BE(orientation, 18);
  return block;
}

/** What zlib makes of so many zeros, without going through them. */
function deflatedZeros(bytes: number): Buffer {
  const PIECE = 1 << 20;
  // Raw and flushed fully, so that pieces can stand one behind the other.
  const piece = deflateRawSync(Buffer.alloc(PIECE), {
    level: 9,
    finishFlush: constants.Z_FULL_FLUSH,
  });
  const last = deflateRawSync(Buffer.alloc(bytes % PIECE), { level: 9 });
  const checksum = Buffer.alloc(4);
  // Adler-32: the first half counts the bytes where all of them are zero.
  checksum.writeUInt32BE((bytes % 65_521) * 65_536 + 1);
  const pieces = Array<Buffer>(Math.floor(bytes / PIECE)).fill(piece);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...pieces, last, checksum]);
}
