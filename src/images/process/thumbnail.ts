import { openForeign } from './convert.ts';
import { checkCost } from './decode-cost.ts';

const DEFAULTS = { pixels: 256, quality: 75 } as const;

/**
 * A small WebP of a picture on disk, its longer side 256 pixels: a few kilobytes, for drafts and
 * for `/history`. Read in one pass, so memory does not grow with the picture.
 *
 * @throws Error when the file is no picture that can be read, or one that takes too much memory.
 */
export async function makeThumbnail(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { pixels, quality } = DEFAULTS;
  const metadata = await openForeign(path).metadata();
  checkCost(metadata);
  const webp = await openForeign(path)
    .autoOrient()
    .resize(pixels, pixels, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer();
  return new Uint8Array(webp);
}
