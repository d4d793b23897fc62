import { type FileHandle, open } from 'node:fs/promises';
import { fileSource } from '../header/byte-source.ts';
import { imageTypeOf, MAGIC_BYTES } from '../header/image-type.ts';
import { hasPlainHeader, readHeader } from '../header/read-header.ts';

/** What a file says of itself. */
export interface ImageIdentity {
  mime: string;
  /** Pixels as stored; an EXIF orientation is not applied. 0 where nobody measured it. */
  width: number;
  height: number;
}

/** Measures a picture of a type without a plain header, elsewhere; null where it is no picture. */
export type MeasurePicture = (path: string) => Promise<{ width: number; height: number } | null>;

/**
 * Type and size of a picture on disk. Of PNG, JPEG, WebP and GIF a few parts of the header are read
 * back (they are still in the page cache); all others, and headers that are longer than is read
 * here, are handed to `measure`, or have no size without it. Null when it is no image.
 */
export async function identifyFile(
  path: string,
  measure: MeasurePicture | null,
  handle?: FileHandle,
): Promise<ImageIdentity | null> {
  const file = handle ?? (await open(path, 'r'));
  try {
    const source = fileSource(file);
    const mime = imageTypeOf(await source.read(0, MAGIC_BYTES));
    if (mime === null) return null;
    const header = hasPlainHeader(mime) ? await readHeader(mime, source) : 'too_long';
    if (header !== 'too_long')
      return header && { mime, width: header.width, height: header.height };
    const size = measure === null ? { width: 0, height: 0 } : await measure(path);
    return size && { mime, ...size };
  } finally {
    if (handle === undefined) await file.close();
  }
}
