import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { readHeader } from '../../../src/images/header/read-header.ts';
import { solidJpeg, solidPng } from '../../hostile/support/pictures.ts';
import { countedSource } from '../../support/byte-source.ts';
import { exifBlock, jpegWith, type OrientationTag, pngWith, webpWith } from './orientations.ts';

const drawn = () =>
  sharp({ create: { width: 37, height: 21, channels: 3, background: '#264653' } });

const read = (mime: string, bytes: Buffer) => readHeader(mime, countedSource(bytes));

describe('a header', () => {
  it.each([
    ['image/png', () => drawn().png()],
    ['image/png', () => drawn().png({ progressive: true, palette: true })],
    ['image/jpeg', () => drawn().jpeg()],
    ['image/jpeg', () => drawn().jpeg({ progressive: true })],
    ['image/jpeg', () => drawn().withMetadata().jpeg()],
    ['image/webp', () => drawn().webp()],
    ['image/webp', () => drawn().webp({ lossless: true })],
    ['image/webp', () => drawn().ensureAlpha(0.5).withMetadata().webp()],
    ['image/gif', () => drawn().gif()],
  ] as const)('tells the size as stored (%s)', async (mime, make: () => Sharp) => {
    const bytes = await make().toBuffer();
    expect(await read(mime, bytes)).toMatchObject({
      width: 37,
      height: 21,
      orientation: 1,
      isAnimated: false,
    });
  });

  it('of another type is not read here', async () => {
    const tiff = await drawn().tiff().toBuffer();
    expect(await read('image/tiff', tiff)).toBeNull();
  });

  it('of a WebP says that it is an animation', async () => {
    const raw = { width: 4, height: 8, channels: 3, pageHeight: 4 } as const;
    const bytes = await sharp(Buffer.alloc(4 * 8 * 3, 9).fill(200, 0, 48), { raw })
      .webp()
      .toBuffer();
    expect(await read('image/webp', bytes)).toMatchObject({
      width: 4,
      height: 4,
      isAnimated: true,
    });
  });
});

describe('an orientation', () => {
  const pictures = {
    'image/jpeg': [() => drawn().jpeg().toBuffer(), jpegWith],
    'image/png': [() => drawn().png().toBuffer(), pngWith],
    'image/webp': [() => drawn().webp().toBuffer(), webpWith],
  } as const;
  const mimes = Object.keys(pictures) as (keyof typeof pictures)[];

  async function orientationOf(mime: keyof typeof pictures, tag: OrientationTag) {
    const [make, put] = pictures[mime];
    const header = await read(mime, put(await make(), exifBlock(tag)));
    return header === 'too_long' ? null : header?.orientation;
  }

  it.each(mimes)('is read from a %s in both byte orders and each type of number', async (mime) => {
    for (let value = 1; value <= 8; value++) {
      for (const order of ['II', 'MM'] as const) {
        for (const type of ['byte', 'short', 'long'] as const) {
          expect(await orientationOf(mime, { value, order, type, entriesBefore: 5 })).toBe(value);
        }
      }
    }
  });

  it.each(mimes)('of a %s that is none counts as 1', async (mime) => {
    for (const value of [0, 9, 255]) {
      expect(await orientationOf(mime, { value, order: 'MM', type: 'short' })).toBe(1);
    }
    expect(await orientationOf(mime, { value: 6, order: 'MM', type: 'text' })).toBe(1);
  });

  it('is found behind XMP, other EXIF and the size, up to the first scan', async () => {
    const jpeg = await drawn().jpeg().toBuffer();
    const turned = exifBlock({ value: 8, order: 'II', type: 'short' });
    const silent = exifBlock({ value: 1, order: 'MM', type: 'short' });
    const xmp = Buffer.from('http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation="3"/>');
    const marked = (content: Buffer) => {
      const head = Buffer.from([0xff, 0xff, 0xff, 0xe1, 0, 0]);
      head.writeUInt16BE(content.length + 2, 4);
      return Buffer.concat([head, content]);
    };
    const app1 = (tiff: Buffer) => marked(Buffer.concat([Buffer.from('Exif\0\0'), tiff]));
    const scan = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    const places = [
      Buffer.concat([
        jpeg.subarray(0, 2),
        marked(xmp),
        app1(silent),
        app1(turned),
        jpeg.subarray(2),
      ]),
      Buffer.concat([jpeg.subarray(0, scan), app1(turned), jpeg.subarray(scan)]),
    ];
    for (const bytes of places) {
      expect(await read('image/jpeg', bytes)).toMatchObject({ width: 37, orientation: 8 });
    }
  });

  it('of a PNG is found behind its pixels, and without an Exif mark before it', async () => {
    const png = await drawn().png().toBuffer();
    const tiff = exifBlock({ value: 3, order: 'II', type: 'long' });
    for (const place of ['before', 'behind'] as const) {
      for (const block of [tiff, Buffer.concat([Buffer.from('Exif\0\0'), tiff])]) {
        expect(await read('image/png', pngWith(png, block, place))).toMatchObject({
          orientation: 3,
        });
      }
    }
  });
});

describe('the work that a header makes', () => {
  /** Of any file. */
  const MOST_BYTES = 8_400_000;

  const samples = Promise.all([
    drawn()
      .jpeg()
      .toBuffer()
      .then((bytes) => ['image/jpeg', bytes] as const),
    drawn()
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
      .then((b) => ['image/jpeg', b] as const),
    drawn()
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer()
      .then((b) => ['image/png', b] as const),
    drawn()
      .withMetadata({ orientation: 6 })
      .webp()
      .toBuffer()
      .then((b) => ['image/webp', b] as const),
    drawn()
      .webp({ lossless: true })
      .toBuffer()
      .then((bytes) => ['image/webp', bytes] as const),
    drawn()
      .gif()
      .toBuffer()
      .then((bytes) => ['image/gif', bytes] as const),
  ]);

  it('is bounded by the bytes of the file, whatever was changed in it', async () => {
    const pictures = await samples;
    const changes = fc.array(
      fc.record({ at: fc.nat(400), value: fc.integer({ min: 0, max: 255 }) }),
      { maxLength: 40 },
    );
    const filler = fc.record({ at: fc.nat(400), count: fc.nat(60_000), value: fc.nat(255) });
    const property = fc.asyncProperty(
      fc.nat(pictures.length - 1),
      changes,
      filler,
      async (index, bytes, { at, count, value }) => {
        const [mime, sample] = pictures[index] ?? ['', Buffer.alloc(0)];
        const mutated = Buffer.concat([
          sample.subarray(0, at),
          Buffer.alloc(count, value),
          sample.subarray(at),
        ]);
        for (const change of bytes) mutated[change.at] = change.value;
        const source = countedSource(mutated);
        const header = await readHeader(mime, source);
        expect(source.bytesRead).toBeLessThan(2 * mutated.length + 600_000);
        expect(source.bytesRead).toBeLessThan(MOST_BYTES);
        if (header !== null && header !== 'too_long')
          expect(header.width * header.height).toBeGreaterThan(0);
      },
    );
    await fc.assert(property, { numRuns: 2_000 });
  });

  it('stays under one bound for the longest chains of segments, chunks and fill bytes', async () => {
    const MANY = 1_500_000;
    const repeated = (unit: string) => {
      const one = Buffer.from(unit, 'hex');
      return Buffer.concat(Array<Buffer>(Math.floor(MANY / one.length)).fill(one));
    };
    const jpeg = solidJpeg({ width: 8, height: 8 });
    const png = solidPng({ width: 8, height: 8 });
    // The extended format, whose flag promises EXIF.
    const webp = Buffer.from('52494646ffffff7f57454250565038580a00000008000000070000070000', 'hex');
    const hostile: [string, Buffer][] = [
      ['image/jpeg', Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(MANY, 0xff)])],
      ['image/jpeg', Buffer.concat([jpeg.subarray(0, 2), Buffer.alloc(MANY, 0x00)])],
      ['image/jpeg', Buffer.concat([jpeg.subarray(0, 2), repeated('ffe10002')])],
      ['image/jpeg', Buffer.concat([jpeg.subarray(0, 2), repeated('ffd8')])],
      ['image/jpeg', Buffer.concat([jpeg.subarray(0, 2), repeated('ffe100104578696600004949')])],
      ['image/png', Buffer.concat([png.subarray(0, 33), Buffer.alloc(MANY)])],
      ['image/png', Buffer.concat([png.subarray(0, 33), repeated('000001f04944415400')])],
      ['image/webp', Buffer.concat([webp, Buffer.alloc(MANY)])],
    ];
    for (const [mime, bytes] of hostile) {
      const source = countedSource(bytes);
      await readHeader(mime, source);
      expect(source.bytesRead).toBeLessThan(MOST_BYTES);
      expect(source.reads).toBeLessThan(16_400);
    }
  });

  it('does not grow with what a JPEG carries: metadata is stepped over, not read', async () => {
    const jpeg = solidJpeg({ width: 8, height: 8 }, { orientation: 6 });
    const segment = Buffer.concat([Buffer.from('ffe2fffe', 'hex'), Buffer.alloc(0xfffc, 1)]);
    const bytes = Buffer.concat([
      jpeg.subarray(0, 2),
      ...Array<Buffer>(40).fill(segment),
      jpeg.subarray(2),
    ]);
    const source = countedSource(bytes);
    expect(await readHeader('image/jpeg', source)).toMatchObject({ width: 8, orientation: 6 });
    expect(source.bytesRead).toBeLessThan(25_000);
  });
});
