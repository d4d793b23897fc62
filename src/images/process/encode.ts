import sharp, { type Metadata, type Sharp } from 'sharp';
import { Failure } from '../../domain.ts';
import type { EncodeCall, FitFormat, OpenPicture, PictureFacts } from '../process-client/calls.ts';

/** Bounds of a fit, and where it becomes frugal. */
export const FIT_LIMITS = {
  /** A file of a few KB can claim billions of pixels. The models' largest has 17 million. */
  maxPixels: 50_000_000,
  /**
   * From this quality on, JPEG is written in the frugal way. Below it the loss begins to show, so
   * that the thorough way is worth its memory: it keeps one step of quality, or pixels.
   */
  frugalQuality: 86,
  /** A JPEG of more pixels is written in the frugal way at every quality. */
  frugalPixels: 24_000_000,
  /** Bytes of each metadata block that is carried over. JPEG holds 64 KB. */
  maxMetadataBytes: 60_000,
  /** For one encode; a 4K picture takes a second or two. */
  encodeTimeoutSeconds: 60,
} as const;

/** Longest side that libjpeg and libwebp write. */
const MAX_SIDE = { jpeg: 65_500, webp: 16_383 } as const satisfies Record<FitFormat, number>;

/**
 * What may be opened: never SVG, PDF and the like. The list names formats as libvips does, which
 * looks at the bytes and not at a name.
 */
export const READABLE: ReadonlySet<string> = new Set([
  'jpeg',
  'png',
  'webp',
  'gif',
  'tiff',
  'heif',
]);

function open(path: string): Sharp {
  return sharp(path, {
    limitInputPixels: FIT_LIMITS.maxPixels,
    // A truncated picture is an error; an odd colour profile or a bad chunk of text is not.
    failOn: 'error',
  }).timeout({ seconds: FIT_LIMITS.encodeTimeoutSeconds });
}

/**
 * Reads what a fit has to know: JPEG when every pixel is opaque, whatever the alpha channel says;
 * WebP otherwise. Of an animation, the first frame. Throws `Failure('bad_answer')`.
 */
export async function readFacts(path: string, mustBeFrugal: boolean): Promise<PictureFacts> {
  const metadata = await orFailure(open(path).metadata());
  if (!READABLE.has(metadata.format)) {
    throw new Failure('bad_answer', `a ${metadata.format} file cannot be fitted`, {
      details: { problem: 'not_an_image' },
    });
  }
  const isOpaque = !metadata.hasAlpha || (await hidesNothing(open(path)));
  const format = isOpaque ? 'jpeg' : 'webp';
  const { width, height } = metadata.autoOrient;
  return {
    format,
    width,
    height,
    fullScale: Math.min(1, MAX_SIDE[format] / Math.max(width, height)),
    frugalFrom: frugalFrom(format, mustBeFrugal || width * height > FIT_LIMITS.frugalPixels),
  };
}

/** Encodes a picture into `output`, as `Picture.encode` says. Throws `Failure`. */
export async function encodePicture(call: EncodeCall): Promise<void> {
  const { path, output } = call;
  const { format, width, height } = call.facts;
  const { quality, scale, isFrugal } = call.encode;
  const metadata = await orFailure(open(path).metadata());
  const upright = withMetadata(open(path).autoOrient(), metadata);
  if (scale < 1) {
    upright.resize({
      width: Math.max(1, Math.floor(width * scale)),
      height: Math.max(1, Math.floor(height * scale)),
      fit: 'fill',
    });
  }
  if (format === 'webp') {
    // Effort 2 is as small as the default of 4 at these qualities, in two thirds of the time.
    // Of real alpha, 4K takes 350 MB whatever the effort: libwebp packs alpha losslessly, with
    // a chain of hashes over every pixel, and has no way to do it in parts.
    await orFailure(upright.webp({ quality, effort: 2 }).toFile(output));
    return;
  }
  // mozjpeg's options (trellis, progressive) were tried: 10 to 30 times slower at quality 80–95,
  // and further from the original at equal size as soon as there is grain.
  const options = { quality, chromaSubsampling: '4:4:4', optimiseCoding: !isFrugal };
  await orFailure(upright.removeAlpha().jpeg(options).toFile(output));
}

/** Opens a picture in this process. */
export const openPicture: OpenPicture = async ({ path }, mustBeFrugal) => {
  const facts = await readFacts(path, mustBeFrugal);
  return { ...facts, encode: (encode, output) => encodePicture({ path, facts, encode, output }) };
};

/** Whether alpha is 255 everywhere. sharp's own `stats` measures much else and takes 5 times longer. */
async function hidesNothing(picture: Sharp): Promise<boolean> {
  const alpha = await orFailure(picture.extractChannel('alpha').raw().toBuffer());
  // One pass of native code: 12 ms for the 17 million pixels of a 4K picture.
  return alpha.equals(Buffer.alloc(alpha.length, 0xff));
}

function frugalFrom(format: FitFormat, isAlways: boolean): number {
  if (format === 'webp') return Number.POSITIVE_INFINITY;
  return isAlways ? 0 : FIT_LIMITS.frugalQuality;
}

/**
 * Carries over EXIF and XMP: there the models write that a picture is made by AI. Colours become
 * sRGB, as viewers differ in what they do with other profiles, so no profile is needed. SynthID is
 * in the pixels and made to outlast an encode. A C2PA manifest is left out: its signature covers
 * the bytes of the file that it came in, so in any other file it only shows as broken.
 */
function withMetadata(picture: Sharp, metadata: Metadata): Sharp {
  const fits = (block: Buffer | undefined) =>
    block !== undefined && block.length <= FIT_LIMITS.maxMetadataBytes;
  if (fits(metadata.exif)) picture.keepExif();
  if (fits(metadata.xmp)) picture.keepXmp();
  return picture;
}

/** What libvips says when the disk is full or a quota is used up. */
const NO_SPACE = /No space left on device|Disk quota exceeded/;

/** Whatever else sharp says about a file is about the file: it reads nothing else. */
export async function orFailure<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof Error && NO_SPACE.test(cause.message)) {
      throw new Failure('no_space', 'the disk is full', { cause });
    }
    throw new Failure('bad_answer', 'the picture cannot be decoded', {
      cause,
      details: { problem: 'unreadable' },
    });
  }
}
