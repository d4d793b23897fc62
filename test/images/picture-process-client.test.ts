import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageFile } from '../../src/domain.ts';
import { createFitter } from '../../src/images/fit.ts';
import { createRemotePictures } from '../../src/images/picture-process-client.ts';
import { openPicture } from '../../src/images/process/open-picture.ts';
import { createSpool, type Spool } from '../../src/images/spool.ts';
import { draw, keep } from './fit-pictures.ts';

const never = new AbortController().signal;
/** Ends each test's process as soon as its picture is closed. */
const idleMs = 0;

let outside: string;
let directory: string;
let spool: Spool;
let original: ImageFile;
beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'darkroom-'));
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = createSpool({ directory, maxBytes: 10_000_000 });
  original = await keep(outside, draw({ width: 320, height: 180, grain: 40 }).png());
});
afterEach(async () => {
  await rm(outside, { recursive: true });
  await rm(directory, { recursive: true });
});

describe('the process that fits', () => {
  it('makes the same files as a fit in this process', async () => {
    const there = createFitter({ spool, ...createRemotePictures({ idleMs }) });
    const here = createFitter({ spool, openPicture });
    const one = await there.fit(original, 'owner1', 60_000, never);
    const two = await here.fit(original, 'owner1', 60_000, never);
    expect(one.reencoded).toEqual(two.reencoded);
    const files = [await readFile(one.image.path), await readFile(two.image.path)];
    expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it('tells what is wrong with a picture, and goes on with the next', async () => {
    const fitter = createFitter({ spool, ...createRemotePictures({ idleMs }) });
    const torn = join(outside, 'torn');
    await writeFile(torn, (await readFile(original.path)).subarray(0, 20_000));
    const broken = { ...original, path: torn };
    await expect(fitter.fit(broken, 'owner1', 60_000, never)).rejects.toMatchObject({
      kind: 'bad_answer',
      details: { problem: 'unreadable' },
    });
    expect((await fitter.fit(original, 'owner1', 60_000, never)).reencoded).not.toBeNull();
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('makes thumbnails too', async () => {
    const bytes = await createRemotePictures({ idleMs }).makeThumbnail(original.path);
    expect(await sharp(bytes).metadata()).toMatchObject({
      format: 'webp',
      width: 256,
      height: 144,
    });
    const missing = createRemotePictures({ idleMs }).makeThumbnail(join(outside, 'missing'));
    await expect(missing).rejects.toThrow();
  });

  it('that is ended for its memory is followed by one that is frugal', async () => {
    const script = new URL('./short-of-memory.ts', import.meta.url);
    const fitter = createFitter({ spool, ...createRemotePictures({ idleMs, script }) });
    const { reencoded, image } = await fitter.fit(original, 'owner1', 30_000, never);
    expect(reencoded?.quality).toBeGreaterThanOrEqual(80);
    expect(image.bytes).toBeLessThanOrEqual(30_000);
  });

  it('that never starts is a failure, and leaves nothing behind', async () => {
    const script = new URL('./no-process.ts', import.meta.url);
    const fitter = createFitter({ spool, ...createRemotePictures({ idleMs, script }) });
    const fitting = fitter.fit(original, 'owner1', 60_000, never);
    await expect(fitting).rejects.toMatchObject({ kind: 'internal' });
    expect(await readdir(directory)).toEqual([]);
  });
});
