import { type HeaderReader, orNull } from './byte-source.ts';
import { readOrientation } from './exif.ts';
import type { ImageHeader } from './image-header.ts';

/** Behind `RIFF`, the size and `WEBP`. */
const FIRST_CHUNK = 12;
/** A chunk's name and size. */
const CHUNK_HEAD = 8;
/** The extended header's flags. */
const HAS_EXIF = 0x08;
const HAS_ANIMATION = 0x02;
/** Bits of a side in the simple formats. */
const SIDE_MASK = 0x3fff;

/** RFC 9649: the size stands in the first chunk, which says how the rest is written. */
export async function readWebpHeader(reader: HeaderReader): Promise<ImageHeader | null> {
  const name = (await reader.at(FIRST_CHUNK, 4))?.toString('latin1');
  // The simple lossless format needs no more than five bytes.
  const content = await reader.at(FIRST_CHUNK + CHUNK_HEAD, name === 'VP8L' ? 5 : 10);
  if (content === null) return null;
  const common = { orientation: 1, isAnimated: false, dataOffset: FIRST_CHUNK + CHUNK_HEAD };
  switch (name) {
    case 'VP8 ': {
      if (content.readUIntBE(3, 3) !== 0x9d012a) return null;
      const width = content.readUInt16LE(6) & SIDE_MASK;
      return { ...common, width, height: content.readUInt16LE(8) & SIDE_MASK };
    }
    case 'VP8L': {
      if (content.readUInt8(0) !== 0x2f) return null;
      const sides = content.readUInt32LE(1);
      const height = ((sides >>> 14) & SIDE_MASK) + 1;
      return { ...common, width: (sides & SIDE_MASK) + 1, height };
    }
    case 'VP8X': {
      const flags = content.readUInt8(0);
      const header = {
        ...common,
        width: content.readUIntLE(4, 3) + 1,
        height: content.readUIntLE(7, 3) + 1,
        isAnimated: (flags & HAS_ANIMATION) !== 0,
      };
      if (flags & HAS_EXIF) await orNull(findOrientation(reader, header));
      return header;
    }
    default:
      return null;
  }
}

/** The EXIF chunk stands behind the pixels. */
async function findOrientation(reader: HeaderReader, header: ImageHeader): Promise<void> {
  for (let offset = FIRST_CHUNK; ; ) {
    const head = await reader.at(offset, CHUNK_HEAD);
    if (head === null) return;
    if (head.toString('latin1', 0, 4) === 'EXIF') {
      header.orientation = (await readOrientation(reader, offset + CHUNK_HEAD)) ?? 1;
      return;
    }
    const size = head.readUInt32LE(4);
    // Chunks begin at even offsets.
    offset += CHUNK_HEAD + size + (size % 2);
  }
}
