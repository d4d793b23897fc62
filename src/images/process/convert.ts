import { stat } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { Failure, type Problem } from '../../domain.ts';
import type { Conversion } from '../process-client/calls.ts';
import { checkCost, FULL_SIZE_PIXELS } from './decode-cost.ts';
import { orFailure, READABLE } from './encode.ts';

/** What the longer side keeps then: as much as the largest of the models' own pictures. */
const LONGER_SIDE = 4_096;

/** Tried in turn until the result is under its limit; `scale` is of each side. */
const STEPS = [
  { quality: 95, scale: 1 },
  { quality: 90, scale: 1 },
  { quality: 85, scale: 0.75 },
  { quality: 80, scale: 0.5 },
] as const;

/**
 * How stored pixels become upright, by EXIF's orientation. sharp mirrors before it turns, in
 * whatever order it is told.
 */
const TURNS: Readonly<Record<number, (picture: Sharp) => Sharp>> = {
  2: (picture) => picture.flop(),
  3: (picture) => picture.rotate(180),
  4: (picture) => picture.flip(),
  5: (picture) => picture.rotate(270).flop(),
  6: (picture) => picture.rotate(90),
  7: (picture) => picture.rotate(90).flop(),
  8: (picture) => picture.rotate(270),
};

/**
 * Makes an upright JPEG or, where something shines through, a PNG of anything that libvips reads;
 * of an animation, of its first frame. The header is read first, and what would take too much
 * memory is not decoded.
 *
 * @throws Failure `bad_answer`, details.problem `unreadable`, `not_an_image`, `heic`,
 *   `too_many_pixels` or `too_large`; `no_space`.
 */
export async function convertPicture(conversion: Conversion): Promise<void> {
  const { path, output, limitBytes } = conversion;
  const metadata = await orFailure(openForeign(path).metadata());
  if (!READABLE.has(metadata.format)) throw refused('not_an_image');
  // The library for it is not among sharp's, for its patents.
  if (metadata.compression === 'hevc') throw refused('heic');
  checkCost(metadata);
  const turn = TURNS[conversion.orientation ?? metadata.orientation ?? 1];
  for (const { quality, scale } of STEPS) {
    const stored = openForeign(path);
    const { width, height } = sizeAt(metadata, scale);
    const isSmaller = width < metadata.width || height < metadata.height;
    if (isSmaller) stored.resize({ width, height, fit: 'fill' });
    const upright = turn === undefined ? stored : turn(await readBack(stored, conversion.scratch));
    await orFailure(encode(upright, metadata, quality).toFile(output));
    if ((await stat(output)).size <= limitBytes) return;
  }
  throw refused('too_large');
}

/**
 * The pixels as a file, decoded. What is turned has to be in memory at once, and so has a picture
 * that its format does not give row by row: one after the other they take half of both.
 */
async function readBack(stored: Sharp, scratch: string): Promise<Sharp> {
  await orFailure(stored.toColourspace('srgb').tiff({ compression: 'none' }).toFile(scratch));
  return openForeign(scratch);
}

/** A file of somebody else's, read row by row where its format allows it. */
export function openForeign(path: string): Sharp {
  // The bound on pixels is told from the header by `checkCost`, in words of its own.
  return sharp(path, { limitInputPixels: false, failOn: 'error', sequentialRead: true });
}

function encode(picture: Sharp, metadata: Metadata, quality: number): Sharp {
  if (metadata.hasAlpha) return picture.png();
  // A JPEG's colours gain nothing from more room than they had.
  const chromaSubsampling = metadata.chromaSubsampling === '4:2:0' ? '4:2:0' : '4:4:4';
  // Without `optimiseCoding` libjpeg keeps no coefficients: 20 MB instead of 290 for 24 megapixels.
  return picture.jpeg({ quality, chromaSubsampling, optimiseCoding: false });
}

/** The stored sides to be decoded to. */
function sizeAt({ width, height }: Metadata, scale: number): { width: number; height: number } {
  const most = width * height > FULL_SIZE_PIXELS ? LONGER_SIDE / Math.max(width, height) : 1;
  const factor = scale * Math.min(1, most);
  return {
    width: Math.max(1, Math.round(width * factor)),
    height: Math.max(1, Math.round(height * factor)),
  };
}

function refused(problem: Problem<'bad_answer'>): Failure {
  return new Failure('bad_answer', `the picture is not converted: ${problem}`, {
    details: { problem },
  });
}
