import {
  type AspectRatio,
  type GenerationRequest,
  IMAGE_SIZES,
  type ImageFile,
  type ImageSize,
} from '../domain.ts';
import type { StoredGeneration } from '../store/store.ts';
import type { Texts } from './english.ts';
import { joined } from './markdown.ts';

/** How many pixels an image has. */
export type Pixels = Pick<ImageFile, 'width' | 'height'>;

/** What was asked of the model; a ratio that is null was left to it. */
type Asked = Pick<GenerationRequest, 'ratio' | 'size'>;

/** Every ratio that the models are known to make; an edit without a ratio may have any of them. */
const KNOWN_RATIOS = '1:1 4:3 3:4 16:9 9:16 2:3 3:2 4:5 5:4 21:9 1:4 4:1 1:8 8:1'.split(' ');

/** How far, as a factor, a known ratio may be from the pixels: 1408×768 is 3 % wider than 16:9. */
const RATIO_TOLERANCE = Math.log(1.05);

/**
 * Powers of two between an image's side and that of its size class. Images of one size have nearly
 * the same area in each ratio (1376×768 at 1K, 2752×1536 at 2K), so the side is the area's root.
 */
const SIZE_TOLERANCE = 0.25;

/**
 * The known ratio and the size class that are nearest to an image's own pixels; null where none is
 * near (1500×1500 is neither 1K nor 2K).
 */
export function shapeOf(image: Pixels): { ratio: string | null; size: ImageSize | null } {
  const size = IMAGE_SIZES.find((one) => Math.abs(stepsTo(one, image)) <= SIZE_TOLERANCE);
  return { ratio: nearestRatio(image), size: size ?? null };
}

function nearestRatio({ width, height }: Pixels): string | null {
  const target = Math.log(width / height);
  const distance = (ratio: string) => {
    const [wide = 1, high = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log(wide / high) - target);
  };
  const [nearest = ''] = KNOWN_RATIOS.toSorted((a, b) => distance(a) - distance(b));
  return distance(nearest) <= RATIO_TOLERANCE ? nearest : null;
}

/** How many times the sides of an image would be doubled to make it that size. */
function stepsTo(size: ImageSize, { width, height }: Pixels): number {
  return Math.log2((Number.parseInt(size, 10) * 1_024) / Math.sqrt(width * height));
}

/**
 * Ratio and size of what came, with what was asked for beside it where that is something else:
 * `1:1 · 1K (1024×1024) · asked for 16:9 2K`. Without an image only what was asked for.
 */
export function shapeText(asked: Asked, image: Pixels | null, { done }: Texts): string {
  if (image === null) return joined(' · ', asked.ratio, asked.size);
  const { ratio, size } = shapeOf(image);
  const pixels = `${image.width}×${image.height}`;
  const missed = joined(
    ' ',
    asked.ratio !== ratio && asked.ratio,
    asked.size !== size && asked.size,
  );
  const came = size === null ? pixels : `${size} (${pixels})`;
  return joined(' · ', ratio, came, missed && done.askedFor(missed));
}

/** The same of what the store keeps; retention erases the ratio with the words. */
export function generationShapeText(generation: StoredGeneration, texts: Texts): string {
  const { request, size, image } = generation;
  return shapeText({ ratio: request?.ratio ?? null, size }, image, texts);
}

/** The sizes that have more pixels than the image, up to the largest that is allowed. */
export function largerSizes(image: Pixels, largest: ImageSize = '4K'): ImageSize[] {
  const allowed = IMAGE_SIZES.slice(0, IMAGE_SIZES.indexOf(largest) + 1);
  return allowed.filter((size) => stepsTo(size, image) > SIZE_TOLERANCE);
}

/**
 * The ratio to ask for when an image is made again from itself: what was asked for, where that is
 * what came; null otherwise, which leaves it to the model to follow the image.
 */
export function keptRatio(asked: AspectRatio | null, image: Pixels | null): AspectRatio | null {
  return image === null || shapeOf(image).ratio === asked ? asked : null;
}
