import { type ByteSource, HeaderReader, HeaderTooLong } from './byte-source.ts';
import type { ImageHeader } from './image-header.ts';
import { readJpegHeader } from './jpeg.ts';
import { readPngHeader } from './png.ts';
import { readWebpHeader } from './webp.ts';

export type { ImageHeader } from './image-header.ts';

const READERS: Readonly<Record<string, (reader: HeaderReader) => Promise<ImageHeader | null>>> = {
  'image/png': readPngHeader,
  'image/jpeg': readJpegHeader,
  'image/webp': readWebpHeader,
  'image/gif': readGifHeader,
};

/** Whether `readHeader` reads pictures of this type; all others must be decoded to know their size. */
export function hasPlainHeader(mime: string): boolean {
  return Object.hasOwn(READERS, mime);
}

/**
 * Reads the header of a PNG, JPEG, WebP or GIF without decoding anything. Null for other types, and
 * where the size cannot be told; `too_long` where it does not come within the bound on what is
 * looked at, so that only a decoder can tell.
 */
export async function readHeader(
  mime: string,
  source: ByteSource,
): Promise<ImageHeader | 'too_long' | null> {
  const read = READERS[mime];
  if (read === undefined) return null;
  try {
    const header = await read(new HeaderReader(source));
    return header !== null && header.width > 0 && header.height > 0 ? header : null;
  } catch (error) {
    if (error instanceof HeaderTooLong) return 'too_long';
    throw error;
  }
}

/** GIF89a, 18: the logical screen. Whether more frames follow stands nowhere; it is converted anyway. */
async function readGifHeader(reader: HeaderReader): Promise<ImageHeader | null> {
  const screen = await reader.at(6, 4);
  if (screen === null) return null;
  return {
    width: screen.readUInt16LE(0),
    height: screen.readUInt16LE(2),
    orientation: 1,
    isAnimated: false,
    dataOffset: 13,
  };
}
