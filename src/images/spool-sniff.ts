import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { type SniffedImage, sniffImage, sniffType } from './sniff.ts';

/** Enough for the size of nearly every picture, and then for one behind a lot of metadata. */
const HEAD_BYTES = [65_536, 2_097_152] as const;

/**
 * Type and size of a picture on disk. A few pages of its head are read back (they are still in the
 * page cache), so that no stream has to hold a header in memory. Null when it is no image.
 */
export async function sniffFile(path: string, handle?: FileHandle): Promise<SniffedImage | null> {
  const file = handle ?? (await open(path, 'r'));
  try {
    for (const bytes of HEAD_BYTES) {
      const head = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(head, 0, bytes, 0);
      const found = head.subarray(0, bytesRead);
      if (sniffType(found) === null) return null;
      const sniffed = sniffImage(found);
      if (sniffed !== null) return sniffed;
      if (bytesRead < bytes) break;
    }
    return await askSharp(path, file);
  } finally {
    if (handle === undefined) await file.close();
  }
}

/** The slow way for odd files; loaded only then, as libvips costs memory. */
async function askSharp(path: string, file: FileHandle): Promise<SniffedImage | null> {
  const head = Buffer.alloc(64);
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  const mime = sniffType(head.subarray(0, bytesRead));
  if (mime === null) return null;
  const { default: sharp } = await import('sharp');
  try {
    const { width, height } = await sharp(path).metadata();
    return width > 0 && height > 0 ? { mime, width, height } : null;
  } catch {
    return null;
  }
}
