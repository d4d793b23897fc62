import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageFile } from '../../../src/domain.ts';
import type { BotEvent } from '../../../src/events.ts';
import { type Fitted, Fitter } from '../../../src/images/fit/fitter.ts';
import { openPicture } from '../../../src/images/process/encode.ts';
import { DiskSpool, type Spool } from '../../../src/images/spool/spool.ts';
import { draw, keep, type Scene, withChunk } from './fit-pictures.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

let outside: string;
let directory: string;
let spool: Spool;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'darkroom-'));
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = new DiskSpool({ directory, maxBytes: 100 * MIB });
});
afterEach(async () => {
  await rm(outside, { recursive: true });
  await rm(directory, { recursive: true });
});

const fitUnder = (image: ImageFile, limitBytes: number) =>
  new Fitter({ spool, openPicture }).fit(image, { owner: 'owner1', limitBytes, signal: never });

/** What holds for every picture that was encoded again. */
async function checkGood({ image, reencoded }: Fitted, limitBytes: number) {
  if (reencoded === null) throw new Error('it was not encoded again');
  expect(image.bytes).toBeLessThanOrEqual(limitBytes);
  expect(reencoded.encodes).toBeLessThanOrEqual(4);
  expect(reencoded.quality).toBeGreaterThanOrEqual(80);
  expect(reencoded.quality === 95 || image.bytes >= 0.7 * limitBytes).toBe(true);
  // Whole and readable to the last pixel, and the only thing in the spool.
  await expect(sharp(image.path, { failOn: 'warning' }).stats()).resolves.toBeDefined();
  expect(await readdir(directory)).toEqual([image.path.slice(directory.length + 1)]);
  expect(spool.usedBytes).toBe(image.bytes);
  return { image, reencoded, metadata: await sharp(image.path).metadata() };
}

describe('a picture under the limit', () => {
  it('goes as it is, is not even opened, and is no fit to report', async () => {
    const image = { path: '/nowhere', bytes: 10, mime: 'image/png', width: 1, height: 1 };
    const reported: BotEvent[] = [];
    const report = (event: BotEvent) => void reported.push(event);
    const fitter = new Fitter({ spool, openPicture, report });
    const fitted = await fitter.fit(image, { owner: 'owner1', limitBytes: 10, signal: never });
    expect(reported).toEqual([]);
    await fitter
      .fit(image, {
        owner: 'owner1',
        limitBytes: 9,
        signal: AbortSignal.abort(),
        purpose: 'reference',
      })
      .catch(() => {});
    expect(reported).toMatchObject([
      { type: 'image_fitted', purpose: 'reference', outcome: 'stopped' },
    ]);
    expect(fitted.reencoded).toBeNull();
    expect(fitted.image).toBe(image);
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a picture over the limit', () => {
  const scenes: Record<string, Scene> = {
    'a gradient': { width: 640, height: 360, grain: 0 },
    'a clean photograph': { width: 640, height: 360, grain: 8 },
    'a grainy photograph': { width: 640, height: 360, grain: 60 },
    'pure noise': { width: 640, height: 360, grain: 255 },
  };
  // The shares that 8, 10 and 20 MiB are of a PNG of 24 MB.
  const cases = Object.keys(scenes).flatMap((name) =>
    [0.35, 0.44, 0.87].map((share) => [name, share] as const),
  );

  it.each(cases)('%s becomes the largest good JPEG under %f of its bytes', async (name, share) => {
    const original = await keep(outside, draw(scenes[name] as Scene).png());
    const limit = Math.floor(original.bytes * share);
    const fitted = await checkGood(await fitUnder(original, limit), limit);
    expect(fitted.image).toMatchObject({ mime: 'image/jpeg' });
    expect(fitted.metadata.chromaSubsampling).toBe('4:4:4');
    if (fitted.reencoded.scale === 1) {
      expect(fitted.image).toMatchObject({ width: 640, height: 360 });
      return;
    }
    const least = { quality: 80, chromaSubsampling: '4:4:4' };
    const whole = await sharp(original.path).jpeg(least).toBuffer();
    expect(whole.length).toBeGreaterThan(limit);
    expect(fitted.reencoded.quality).toBe(80);
    expect(fitted.image.width).toBe(Math.floor(640 * fitted.reencoded.scale));
    expect(fitted.image.height).toBe(Math.floor(360 * fitted.reencoded.scale));
  });

  it('keeps every pixel of a real 4K picture and leaves the event loop free', async () => {
    // Eight times eight tiles, stored and not deflated: a hard picture that is quickly made.
    const tile = draw({ width: 688, height: 384, grain: 40 }).extend({
      right: 5_504 - 688,
      bottom: 3_072 - 384,
      extendWith: 'repeat',
    });
    const original = await keep(outside, tile.png({ compressionLevel: 0 }));
    expect(original.bytes).toBeGreaterThan(20 * MIB);
    let turns = 0;
    const turn = setInterval(() => turns++, 1);
    const fitted = await checkGood(await fitUnder(original, 10 * MIB), 10 * MIB);
    clearInterval(turn);
    expect(fitted.image).toMatchObject({ width: 5_504, height: 3_072 });
    // A fit on the event loop would let it turn about once for each step.
    expect(turns).toBeGreaterThan(50);
  });

  it('is a JPEG when its alpha channel hides nothing', async () => {
    const scene = { width: 500, height: 300, grain: 40, alpha: 'opaque' } as const;
    const original = await keep(outside, draw(scene).png());
    const fitted = await checkGood(await fitUnder(original, 120_000), 120_000);
    expect(fitted.reencoded).toMatchObject({ format: 'jpeg', scale: 1 });
  });

  it.each([0, 40, 255])(
    'is a WebP with the same alpha when it is see-through (grain %i)',
    async (grain) => {
      const scene = { width: 500, height: 300, grain, alpha: 'real' } as const;
      const original = await keep(outside, draw(scene).png());
      const limit = Math.floor(original.bytes * 0.4);
      const fitted = await checkGood(await fitUnder(original, limit), limit);
      expect(fitted.reencoded).toMatchObject({ format: 'webp' });
      expect(fitted.image.mime).toBe('image/webp');
      if (fitted.reencoded.scale < 1) return;
      const alphaOf = (path: string) => sharp(path).extractChannel(3).raw().toBuffer();
      const [before, after] = await Promise.all([
        alphaOf(original.path),
        alphaOf(fitted.image.path),
      ]);
      expect(after.equals(before)).toBe(true);
    },
  );

  it('is shrunk to what the format can hold when a side is too long for it', async () => {
    const scene = { width: 17_000, height: 12, grain: 60, alpha: 'real' } as const;
    const original = await keep(outside, draw(scene).png());
    const fitted = await fitUnder(original, Math.floor(original.bytes * 0.9));
    expect(fitted.image.width).toBe(16_383);
    expect(fitted.reencoded).toMatchObject({ format: 'webp' });
  });

  it('never counts as the result after a restart', async () => {
    const original = await keep(outside, draw({ width: 200, height: 200, grain: 60 }).png());
    await fitUnder(original, 50_000);
    expect(await spool.find('owner1')).toMatchObject([{ role: 'draft' }]);
  });
});

describe('what a file says beside its pixels', () => {
  const scene = { width: 320, height: 200, grain: 60 };

  it('is turned upright by its EXIF orientation', async () => {
    const turned = draw(scene).withMetadata({ orientation: 6 });
    const original = await keep(outside, turned.jpeg({ quality: 100 }), 'image/jpeg');
    const fitted = await checkGood(await fitUnder(original, 60_000), 60_000);
    expect(fitted.image).toMatchObject({ width: 200, height: 320 });
    expect(fitted.metadata.orientation ?? 1).toBe(1);
  });

  it('keeps EXIF and XMP, where a model says that a machine made it', async () => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/">trainedAlgorithmicMedia</x:xmpmeta>';
    const said = draw(scene)
      .withExif({ IFD0: { ImageDescription: 'made by AI' } })
      .withXmp(xmp);
    const original = await keep(outside, said.png());
    const { metadata } = await checkGood(await fitUnder(original, 60_000), 60_000);
    expect(metadata.xmp?.toString()).toContain('trainedAlgorithmicMedia');
    expect(metadata.exif?.toString('latin1')).toContain('made by AI');
  });

  it('leaves out metadata that is larger than a JPEG can hold', async () => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/">${'long '.repeat(40_000)}</x:xmpmeta>`;
    const original = await keep(outside, draw(scene).withXmp(xmp).png());
    const { metadata } = await checkGood(await fitUnder(original, 60_000), 60_000);
    expect(metadata.xmp).toBeUndefined();
  });

  it('leaves out a C2PA manifest, which another file would only break', async () => {
    const signed = withChunk(
      await draw(scene).png().toBuffer(),
      'caBX',
      Buffer.from('c2pa manifest'),
    );
    const original = await keep(outside, signed);
    const { image } = await checkGood(await fitUnder(original, 60_000), 60_000);
    expect((await readFile(image.path)).includes('c2pa')).toBe(false);
  });

  it('has its colours made sRGB', async () => {
    const red = sharp({ create: { width: 64, height: 64, channels: 3, background: '#c04030' } });
    const wide = await red.withIccProfile('p3').png({ compressionLevel: 0 }).toBuffer();
    const fitted = await fitUnder(await keep(outside, wide), 5_000);
    const { metadata } = await checkGood(fitted, 5_000);
    expect(metadata.icc).toBeUndefined();
    const { channels } = await sharp(fitted.image.path).stats();
    const means = channels.map((channel) => Math.round(channel.mean));
    for (const [index, value] of [0xc0, 0x40, 0x30].entries()) {
      expect(Math.abs((means[index] ?? 0) - value)).toBeLessThanOrEqual(3);
    }
  });
});
