import { type HeaderReader, HeaderTooLong } from './byte-source.ts';
import { readOrientation } from './exif.ts';
import type { ImageHeader } from './image-header.ts';

/** EXIF blocks that are looked into for an orientation. */
const MAX_EXIF_BLOCKS = 4;
/** Bytes between two segments that belong to neither; libjpeg skips them too. */
const MAX_STRAY_BYTES = 1_024;

const START_OF_IMAGE = 0xd8;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;
const APP1 = 0xe1;

/** SOF0–SOF15 but DHT, JPG and DAC, which share the range (ITU-T T.81, table B.1). */
const isFrame = (marker: number) =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** Markers without a length: TEM, RST0–RST7, SOI. */
const isBare = (marker: number) =>
  marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7) || marker === START_OF_IMAGE;

/** Goes from segment to segment up to the first scan (ITU-T T.81, B.2.1). */
export async function readJpegHeader(reader: HeaderReader): Promise<ImageHeader | null> {
  const header = { width: 0, height: 0, orientation: 1, isAnimated: false, dataOffset: 2 };
  try {
    await passSegments(reader, header);
  } catch (error) {
    // What was found before the bound counts: a size and no end of metadata behind it.
    if (!(error instanceof HeaderTooLong) || header.height === 0) throw error;
  }
  return header.height > 0 ? header : null;
}

async function passSegments(reader: HeaderReader, header: ImageHeader): Promise<void> {
  let exifBlocks = 0;
  let strayBytes = 0;
  for (let offset = 2; ; ) {
    // Marker and length in one step; whatever matters here is longer.
    const head = await reader.at(offset, 4);
    if (head === null) return;
    const [start, marker] = [head.readUInt8(0), head.readUInt8(1)];
    if (start !== 0xff || marker === 0) {
      strayBytes += 1;
      if (strayBytes > MAX_STRAY_BYTES) return;
      offset += 1;
      continue;
    }
    // Any number of 0xff may stand before a marker.
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    if (isBare(marker)) {
      offset += 2;
      continue;
    }
    if (marker === END_OF_IMAGE) return;
    const length = head.readUInt16BE(2);
    if (length < 2) return;
    if (isFrame(marker)) {
      const frame = await reader.at(offset + 5, 4);
      if (frame === null) return;
      header.height = frame.readUInt16BE(0);
      header.width = frame.readUInt16BE(2);
    }
    if (marker === APP1 && header.orientation === 1 && exifBlocks < MAX_EXIF_BLOCKS) {
      const name = await reader.at(offset + 4, 6);
      if (name?.toString('latin1') === 'Exif\0\0') {
        exifBlocks += 1;
        header.orientation = (await readOrientation(reader, offset + 4)) ?? 1;
      }
    }
    header.dataOffset = offset;
    if (marker === START_OF_SCAN) return;
    offset += 2 + length;
  }
}
