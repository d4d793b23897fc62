import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fitter } from '../../../src/images/fit/fitter.ts';
import { openPicture } from '../../../src/images/process/encode.ts';
import { DiskSpool, type Spool } from '../../../src/images/spool/spool.ts';
import { draw, keep, withClaimedSize } from './fit-pictures.ts';

const scene = { width: 320, height: 200, grain: 60 };
const never = new AbortController().signal;

let outside: string;
let directory: string;
let spool: Spool;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'darkroom-'));
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = new DiskSpool({ directory, maxBytes: 1_000_000 });
});
afterEach(async () => {
  await rm(outside, { recursive: true });
  await rm(directory, { recursive: true });
});

const isEmpty = async () => {
  expect(await readdir(directory)).toEqual([]);
  expect(spool.usedBytes).toBe(0);
};

describe('an odd picture is fitted', () => {
  const odd: Record<string, () => Sharp> = {
    'in CMYK': () => draw(scene).toColourspace('cmyk').jpeg({ quality: 100 }),
    'with 16 bits a colour': () => draw(scene).toColourspace('rgb16').png(),
    'with a palette': () => draw(scene).png({ palette: true }),
    'in grey': () => draw(scene).greyscale().png(),
    'in grey with opaque alpha': () =>
      draw({ ...scene, alpha: 'opaque' })
        .greyscale()
        .png(),
    interlaced: () => draw(scene).png({ progressive: true }),
    'a progressive JPEG': () => draw(scene).jpeg({ quality: 100, progressive: true }),
    'a GIF': () => draw(scene).gif(),
    'a lossless WebP': () => draw(scene).webp({ lossless: true }),
    'a TIFF': () => draw(scene).tiff(),
  };

  it.each(Object.keys(odd))('%s', async (name) => {
    const original = await keep(outside, (odd[name] as () => Sharp)());
    const limit = Math.floor(original.bytes * 0.7);
    const fitted = await new Fitter({ spool, openPicture }).fit(original, {
      owner: 'owner1',
      limitBytes: limit,
      signal: never,
    });
    expect(fitted.image.bytes).toBeLessThanOrEqual(limit);
    expect(fitted.reencoded).toMatchObject({ format: 'jpeg' });
    const { space, depth } = await sharp(fitted.image.path).metadata();
    expect(['srgb', 'b-w']).toContain(space);
    expect(depth).toBe('uchar');
  });
});

describe('an animation', () => {
  it('is shown by its first frame', async () => {
    const { data, info } = await draw({ ...scene, height: 600 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const raw = { width: info.width, height: info.height, channels: 3, pageHeight: 200 } as const;
    const original = await keep(outside, sharp(data, { raw }).webp({ quality: 100 }));
    expect((await sharp(original.path).metadata()).pages).toBe(3);
    const fitted = await new Fitter({ spool, openPicture }).fit(original, {
      owner: 'owner1',
      limitBytes: 60_000,
      signal: never,
    });
    expect(fitted.image).toMatchObject({ mime: 'image/jpeg', width: 320, height: 200 });
  });
});

describe('a broken or hostile picture', () => {
  const png = () => draw(scene).png().toBuffer();
  const cutShort = (bytes: Buffer) => bytes.subarray(0, Math.floor(bytes.length / 2));
  const hostile: Record<string, [() => Promise<Buffer>, string]> = {
    'a torn PNG': [async () => cutShort(await png()), 'unreadable'],
    'a torn PNG with alpha': [
      async () =>
        cutShort(
          await draw({ ...scene, alpha: 'real' })
            .png()
            .toBuffer(),
        ),
      'unreadable',
    ],
    'a torn JPEG': [
      async () => cutShort(await draw(scene).jpeg({ quality: 100 }).toBuffer()),
      'unreadable',
    ],
    'a torn WebP': [
      async () => cutShort(await draw(scene).webp({ quality: 100 }).toBuffer()),
      'unreadable',
    ],
    'a PNG with damage in its middle': [
      async () => {
        const bytes = await png();
        const middle = Math.floor(bytes.length / 2);
        return bytes.fill(0x55, middle, middle + 100);
      },
      'unreadable',
    ],
    'a bomb of 60000×60000 pixels': [
      async () => withClaimedSize(await png(), 60_000, 60_000),
      'unreadable',
    ],
    'noise behind the first bytes of a PNG': [
      async () => Buffer.concat([(await png()).subarray(0, 8), randomBytes(100_000)]),
      'unreadable',
    ],
    'a text': [async () => Buffer.from('no picture '.repeat(10_000)), 'unreadable'],
    'an SVG': [
      async () =>
        Buffer.from(
          `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><!--${' '.repeat(100_000)}--></svg>`,
        ),
      'not_an_image',
    ],
    'an empty file': [async () => Buffer.alloc(0), 'unreadable'],
  };

  it.each(Object.keys(hostile))('%s is a bad answer and leaves nothing behind', async (name) => {
    const [make, problem] = hostile[name] as [() => Promise<Buffer>, string];
    const broken = { ...(await keep(outside, await make())), bytes: 100_000 };
    const fitting = new Fitter({ spool, openPicture }).fit(broken, {
      owner: 'owner1',
      limitBytes: 20_000,
      signal: never,
    });
    await expect(fitting).rejects.toMatchObject({ kind: 'bad_answer', details: { problem } });
    await isEmpty();
  });

  it('that is gone is a bad answer too', async () => {
    const gone = { path: join(outside, 'gone.png'), bytes: 9, mime: '', width: 1, height: 1 };
    const fitting = new Fitter({ spool, openPicture }).fit(gone, {
      owner: 'owner1',
      limitBytes: 8,
      signal: never,
    });
    await expect(fitting).rejects.toMatchObject({ kind: 'bad_answer' });
    await isEmpty();
  });

  it('cannot be made to fit under a limit smaller than any header', async () => {
    const original = await keep(outside, draw(scene).png());
    const fitting = new Fitter({ spool, openPicture }).fit(original, {
      owner: 'owner1',
      limitBytes: 100,
      signal: never,
    });
    const details = { problem: 'cannot_fit' };
    await expect(fitting).rejects.toMatchObject({ kind: 'bad_answer', details });
    await isEmpty();
  });

  it('says so when the spool has no room', async () => {
    const tight = new DiskSpool({ directory, maxBytes: 10_000 });
    const original = await keep(outside, draw(scene).png());
    const fitting = new Fitter({ spool: tight, openPicture }).fit(original, {
      owner: 'owner1',
      limitBytes: 60_000,
      signal: never,
    });
    await expect(fitting).rejects.toMatchObject({ kind: 'no_space' });
    await isEmpty();
  });
});

describe('an abort', () => {
  it('before the fit begins leaves nothing behind', async () => {
    const original = await keep(outside, draw(scene).png());
    const fitting = new Fitter({ spool, openPicture }).fit(original, {
      owner: 'owner1',
      limitBytes: 60_000,
      signal: AbortSignal.abort(),
    });
    await expect(fitting).rejects.toMatchObject({ name: 'AbortError' });
    await isEmpty();
  });

  it('during a fit ends it, leaves nothing behind and lets the next one in', async () => {
    const original = await keep(outside, draw(scene).png());
    const fitter = new Fitter({ spool, openPicture });
    const stop = new AbortController();
    const stopped = fitter.fit(original, {
      owner: 'owner1',
      limitBytes: 60_000,
      signal: stop.signal,
    });
    const next = fitter.fit(original, { owner: 'owner2', limitBytes: 60_000, signal: never });
    setImmediate(() => stop.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    const { image } = await next;
    expect(await spool.find('owner1')).toEqual([]);
    expect(spool.usedBytes).toBe(image.bytes);
  });
});
