import type { Metadata } from 'sharp';
import { Failure } from '../../domain.ts';

const MIB = 1_048_576;

/**
 * Bounds of what is decoded for people, whose files may claim anything. With the process's own
 * 65 MiB they keep it under 235 MiB: the bot itself takes up to 200, and both together have to stay
 * under 450.
 */
export const DECODE_LIMITS = {
  /** Estimated from the header, before anything is decoded. */
  decodeBytes: 150 * MIB,
  /** Resident memory of the process at which it gives up, whatever the estimate said. */
  residentBytes: 235 * MIB,
  /** A JPEG is decoded in rows and already smaller, so that a phone's 200 megapixels are no trouble. */
  jpegPixels: 250_000_000,
  maxPixels: 101_000_000,
} as const;

/** Measured with sharp 0.35 on glibc, in bytes for each pixel; see test/images/process. */
const HEIF_BYTES = { eight: 15.5, more: 25 } as const;
const GIF_BYTES = 4.5;

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

/**
 * About how many bytes decoding takes beyond some rows, told from the header alone. Most formats
 * are read row by row; the others need the whole picture at once.
 */
function decodeBytes(metadata: Metadata): number {
  const { format, width, height, channels, depth, isProgressive, chromaSubsampling } = metadata;
  const pixels = width * height;
  switch (format) {
    case 'jpeg':
      // A progressive one is read to its end first: two bytes for each coefficient.
      if (!isProgressive) return 0;
      return pixels * 2 * (chromaSubsampling === '4:2:0' ? 1.5 : channels);
    case 'png':
      return isProgressive ? pixels * channels * (SAMPLE_BYTES[depth] ?? 16) : 0;
    case 'webp':
      // An animation is put together on a canvas of its own.
      return pixels * 4 * ((metadata.pages ?? 1) > 1 ? 3 : 1);
    case 'gif':
      return pixels * GIF_BYTES;
    case 'tiff':
      return 0;
    default:
      return pixels * (depth === 'uchar' ? HEIF_BYTES.eight : HEIF_BYTES.more);
  }
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
