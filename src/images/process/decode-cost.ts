import type { Metadata } from 'sharp';
import { Failure } from '../../domain.ts';

const MIB = 1_048_576;

/**
 * Bounds of what is decoded for people, whose files may claim anything. The bot itself takes up to
 * 210 MiB under load, and both together have to stay under 450.
 */
export const DECODE_LIMITS = {
  /** Estimated from the header, before anything is decoded, beside the process's own 65 MiB. */
  decodeBytes: 155 * MIB,
  /** Resident memory of the process at which it gives up, whatever the estimate said. */
  residentBytes: 232 * MIB,
  /**
   * The same for pictures of the model that are fitted, which are not estimated. Measured: its
   * largest, all grain and with real alpha, takes 721 MiB as WebP.
   */
  fitResidentBytes: 800 * MIB,
  /** A JPEG is decoded in rows and made smaller on the way: a phone's 200 megapixels are no trouble. */
  jpegPixels: 250_000_000,
  maxPixels: 101_000_000,
} as const;

/**
 * Measured as the growth of resident memory with sharp 0.35 on glibc: what a picture takes whatever
 * its size, where it comes in rows and where it does not; the rows that libvips keeps of the former,
 * and the bytes for each pixel of the latter.
 */
const COST = {
  inRows: 8 * MIB,
  rows: 640,
  /** Where it is made smaller. */
  rowsToShrink: 1_500,
  whole: 20 * MIB,
  webp: 4,
  webpWithAlpha: 7.5,
  /** A canvas of its own, and the frame that is laid on it. */
  animatedWebp: 10,
  gif: 4.1,
  /** 4:2:0; libvips does not tell it from 4:4:4, which takes a fifth more. */
  heif: 14.5,
  /** Pictures with alpha are graphics, which are often 4:4:4. */
  heifWithAlpha: 17.5,
  heifOfMoreBits: 24,
} as const;

/** More pixels than this are made fewer, so that turning them takes no memory to speak of. */
export const FULL_SIZE_PIXELS = 20_000_000;
/** The longest row that libjpeg gives of a picture that is made smaller. */
const MAX_JPEG_ROW = 8_192;

const SAMPLE_BYTES: Readonly<Record<string, number>> = {
  uchar: 1,
  char: 1,
  ushort: 2,
  short: 2,
  uint: 4,
  int: 4,
  float: 4,
  complex: 8,
  double: 8,
  dpcomplex: 16,
};

/** About how many bytes decoding takes, told from the header alone. */
function decodeBytes(metadata: Metadata): number {
  const { format, width, height, channels, depth, pages, isProgressive, hasAlpha } = metadata;
  const pixels = width * height;
  const pixelBytes = channels * (SAMPLE_BYTES[depth] ?? 16);
  // libjpeg gives a large picture in a half, a quarter or an eighth of its rows.
  const rowPixels = format === 'jpeg' ? Math.min(width, MAX_JPEG_ROW) : width;
  const rows = pixels > FULL_SIZE_PIXELS ? COST.rowsToShrink : COST.rows;
  const inRows = COST.inRows + rowPixels * pixelBytes * rows;
  switch (format) {
    case 'jpeg':
      // A progressive one is read to its end first: two bytes for each coefficient.
      return inRows + (isProgressive ? pixels * 2 * samplesOf(metadata.chromaSubsampling) : 0);
    case 'png':
      return inRows + (isProgressive ? pixels * pixelBytes : 0);
    case 'tiff':
      return inRows;
    case 'webp':
      if ((pages ?? 1) > 1) return COST.whole + pixels * COST.animatedWebp;
      return COST.whole + pixels * (hasAlpha ? COST.webpWithAlpha : COST.webp);
    case 'gif':
      return COST.whole + pixels * COST.gif;
    default:
      if (depth !== 'uchar') return COST.whole + pixels * COST.heifOfMoreBits;
      return COST.whole + pixels * (hasAlpha ? COST.heifWithAlpha : COST.heif);
  }
}

/** Samples of a JPEG for each of its pixels; CMYK has the most. */
function samplesOf(chromaSubsampling = ''): number {
  return { '4:2:0': 1.5, '4:2:2': 2, '4:4:4': 3 }[chromaSubsampling] ?? 4;
}

/** Throws `Failure('bad_answer')` (details.problem `too_many_pixels`) for what would take too much. */
export function checkCost(metadata: Metadata): void {
  const { format, width, height } = metadata;
  const limit = format === 'jpeg' ? DECODE_LIMITS.jpegPixels : DECODE_LIMITS.maxPixels;
  if (width * height <= limit && decodeBytes(metadata) <= DECODE_LIMITS.decodeBytes) return;
  throw new Failure('bad_answer', `${width}×${height} pixels of ${format} are too many to decode`, {
    details: { problem: 'too_many_pixels' },
  });
}
