import sharp from 'sharp';

const DEFAULTS = { pixels: 256, quality: 75, maxPixels: 100_000_000 } as const;

/**
 * A small WebP of a picture on disk, its longer side 256 pixels: a few kilobytes, for drafts and
 * for `/history`. Read in one pass, so memory does not grow with the picture.
 *
 * @throws Error when the file is no picture that can be read.
 */
export async function makeThumbnail(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const { pixels, quality, maxPixels } = DEFAULTS;
  const webp = await sharp(path, { limitInputPixels: maxPixels, sequentialRead: true })
    .autoOrient()
    .resize(pixels, pixels, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer();
  return new Uint8Array(webp);
}
