import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageTypeOf, looksLikeSvg } from '../../../src/images/header/image-type.ts';

const drawn = () =>
  sharp({ create: { width: 37, height: 21, channels: 3, background: '#264653' } });

/** The `ftyp` box of an ISO media file. */
const isoFile = (...brands: string[]) =>
  Buffer.from(`\0\0\0\x1cftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1');

describe('the type of a picture', () => {
  it.each([
    ['image/png', () => drawn().png()],
    ['image/jpeg', () => drawn().jpeg()],
    ['image/webp', () => drawn().webp()],
    ['image/gif', () => drawn().gif()],
    ['image/tiff', () => drawn().tiff()],
    ['image/avif', () => drawn().avif({ effort: 0 })],
  ] as const)('is told from its first bytes (%s)', async (mime, make) => {
    expect(imageTypeOf(await make().toBuffer())).toBe(mime);
  });

  it.each([
    ['image/avif-sequence', ['avis', 'avif', 'avis', 'msf1']],
    ['image/avif', ['avif', 'avis', 'mif1']],
    ['image/avif', ['mif1', 'avif', 'miaf']],
    ['image/heic', ['heic', 'mif1', 'heic']],
    ['image/heic', ['mif1', 'heic', 'miaf']],
    ['image/heif', ['mif1', 'miaf', 'MiHB']],
  ])('of an ISO media file is that of its first brand that says one: %s', (mime, brands) => {
    expect(imageTypeOf(isoFile(...brands))).toBe(mime);
  });

  it('is not told from what only looks like a picture', () => {
    for (const text of [
      '',
      'BMW is a car',
      'GIF',
      '<svg width="1" height="1"/>',
      'RIFFxxxxWAVE',
      'MM',
      '%PDF-1.7',
    ]) {
      expect(imageTypeOf(Buffer.from(text))).toBeNull();
    }
  });
});

describe('an SVG', () => {
  it('is known behind its prologue, and a page that mentions one is not', () => {
    for (const text of [
      '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '\uFEFF  <?xml version="1.0"?>\n<!-- drawn -->\n<svg\n width="9"/>',
    ]) {
      expect(looksLikeSvg(Buffer.from(text))).toBe(true);
    }
    for (const text of ['', 'an <svg> in words', '<!doctype html><p>svg', '<svgfoo>']) {
      expect(looksLikeSvg(Buffer.from(text))).toBe(false);
    }
  });
});
