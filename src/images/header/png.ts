import { type HeaderReader, orNull } from './byte-source.ts';
import { readOrientation } from './exif.ts';
import type { ImageHeader } from './image-header.ts';

const SIGNATURE_BYTES = 8;
/** Length and type before a chunk's content, and the checksum behind it. */
const CHUNK_HEAD = 8;
const CHUNK_TAIL = 4;

/** Goes from chunk to chunk; `eXIf` may stand before the pixels or behind them (PNG 3, 11.3.3.5). */
export async function readPngHeader(reader: HeaderReader): Promise<ImageHeader | null> {
  const first = await reader.at(SIGNATURE_BYTES, 16);
  if (first?.toString('latin1', 4, 8) !== 'IHDR') return null;
  const header = {
    width: first.readUInt32BE(8),
    height: first.readUInt32BE(12),
    orientation: 1,
    isAnimated: false,
    dataOffset: SIGNATURE_BYTES + CHUNK_HEAD + 13 + CHUNK_TAIL,
  };
  await orNull(findOrientation(reader, header));
  return header;
}

async function findOrientation(reader: HeaderReader, header: ImageHeader): Promise<void> {
  for (let offset = header.dataOffset; ; ) {
    const head = await reader.at(offset, CHUNK_HEAD);
    const type = head?.toString('latin1', 4, 8);
    if (head === null || type === 'IEND') return;
    if (type === 'eXIf') {
      header.orientation = (await readOrientation(reader, offset + CHUNK_HEAD)) ?? 1;
      return;
    }
    offset += CHUNK_HEAD + head.readUInt32BE(0) + CHUNK_TAIL;
  }
}
