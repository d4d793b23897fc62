import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { sniffImage, sniffType } from '../../src/images/sniff.ts';

const drawn = () =>
  sharp({ create: { width: 37, height: 21, channels: 3, background: '#264653' } });

describe('the type and size of a picture', () => {
  it.each([
    ['image/png', () => drawn().png()],
    ['image/jpeg', () => drawn().jpeg()],
    ['image/jpeg', () => drawn().jpeg({ progressive: true })],
    ['image/webp', () => drawn().webp()],
    ['image/webp', () => drawn().webp({ lossless: true })],
    ['image/gif', () => drawn().gif()],
    ['image/tiff', () => drawn().tiff()],
    ['image/avif', () => drawn().avif({ effort: 0 })],
  ] as const)('are read from the bytes (%s)', async (mime, make) => {
    const bytes = await make().toBuffer();
    expect(sniffImage(bytes)).toEqual({ mime, width: 37, height: 21 });
  });

  it('are not taken from what only looks like a picture', () => {
    for (const text of [
      '',
      'BMW is a car',
      'GIF',
      '<svg width="1" height="1"/>',
      'RIFFxxxxWAVE',
      'MM',
      '%PDF-1.7',
    ]) {
      expect(sniffType(Buffer.from(text))).toBeNull();
      expect(sniffImage(Buffer.from(text))).toBeNull();
    }
  });

  it('never throw, and take no time to speak of, whatever stands behind the magic number', () => {
    const magic = fc.constantFrom(
      '89504e470d0a1a0a',
      'ffd8ffe0',
      '52494646aaaaaaaa57454250',
      '49492a00',
      '4d4d002a',
      '474946383961',
      '0000001c6674797061766966',
      '0000001c667479706865696300',
    );
    const property = fc.property(magic, fc.uint8Array({ maxLength: 600 }), (head, rest) => {
      const sniffed = sniffImage(Buffer.concat([Buffer.from(head, 'hex'), rest]));
      if (sniffed !== null) expect(sniffed.width * sniffed.height).toBeGreaterThan(0);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  it('of a hostile file of the largest head are told or given up at once', () => {
    for (const fill of [0x00, 0xff, 0x01, 0xc0]) {
      const bytes = Buffer.alloc(65_536, fill);
      bytes.write('ffd8ff', 'hex');
      sniffImage(bytes);
      bytes.write('49492a0008000000', 'hex');
      sniffImage(bytes);
    }
  });
});
