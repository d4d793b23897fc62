import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageFile } from '../../../src/domain.ts';
import { Fitter } from '../../../src/images/fit/fitter.ts';
import { openPicture } from '../../../src/images/process/encode.ts';
import type { Conversion } from '../../../src/images/process-client/calls.ts';
import {
  createPictureProcess,
  type PictureProcess,
  type PictureProcessOptions,
} from '../../../src/images/process-client/client.ts';
import { DiskSpool, type Spool } from '../../../src/images/spool/spool.ts';
import { manyFramesWebp, solidJpeg, solidTiff } from '../../hostile/support/pictures.ts';
import { draw, keep } from '../fit/fit-pictures.ts';
import { childrenOf, isGone } from './processes.ts';

const never = new AbortController().signal;

let outside: string;
let directory: string;
let spool: Spool;
let original: ImageFile;
/** Notices silence soon, and nothing else. */
const QUICK = {
  tickMs: 50,
  startTicks: 100_000,
  unresponsiveTicks: 100,
  deadlines: { thumbnail: 100_000, header: 100_000 },
};
const open: PictureProcess[] = [];

function start(options: PictureProcessOptions = {}): PictureProcess {
  const pictures = createPictureProcess(options);
  open.push(pictures);
  return pictures;
}

beforeEach(async () => {
  outside = await mkdtemp(join(tmpdir(), 'darkroom-'));
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = new DiskSpool({ directory, maxBytes: 10_000_000 });
  original = await keep(outside, draw({ width: 320, height: 180, grain: 40 }).png());
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((pictures) => pictures.close()));
  await rm(outside, { recursive: true });
  await rm(directory, { recursive: true });
});

async function put(name: string, bytes: Buffer): Promise<string> {
  const path = join(outside, name);
  await writeFile(path, bytes);
  return path;
}

function conversionOf(path: string): Conversion {
  const [output, scratch] = [join(outside, 'output'), join(outside, 'scratch')];
  return { path, output, scratch, orientation: null, limitBytes: 1e9 };
}

/** A conversion that takes seconds: 100 megapixels in a few kilobytes. */
async function longConversion() {
  const path = await put('long.tiff', solidTiff({ width: 10_000, height: 10_000 }));
  return conversionOf(path);
}

describe('the picture process', () => {
  it('makes the same files as a fit in this process', async () => {
    const there = new Fitter({ spool, openPicture: start().openPicture });
    const here = new Fitter({ spool, openPicture });
    const one = await there.fit(original, { owner: 'owner1', limitBytes: 60_000, signal: never });
    const two = await here.fit(original, { owner: 'owner1', limitBytes: 60_000, signal: never });
    expect(one.reencoded).toEqual(two.reencoded);
    const files = [await readFile(one.image.path), await readFile(two.image.path)];
    expect(files[0]?.equals(files[1] ?? Buffer.alloc(0))).toBe(true);
  });

  it('tells what is wrong with a picture, and goes on with the next', async () => {
    const fitter = new Fitter({ spool, openPicture: start().openPicture });
    const torn = await put('torn', (await readFile(original.path)).subarray(0, 20_000));
    const broken = { ...original, path: torn };
    await expect(
      fitter.fit(broken, { owner: 'owner1', limitBytes: 60_000, signal: never }),
    ).rejects.toMatchObject({
      kind: 'bad_answer',
      details: { problem: 'unreadable' },
    });
    expect(
      (await fitter.fit(original, { owner: 'owner1', limitBytes: 60_000, signal: never }))
        .reencoded,
    ).not.toBeNull();
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('makes thumbnails, measures, and says which libraries it has', async () => {
    const pictures = start();
    const bytes = await pictures.makeThumbnail(original.path);
    expect(await sharp(bytes).metadata()).toMatchObject({
      format: 'webp',
      width: 256,
      height: 144,
    });
    await expect(pictures.makeThumbnail(join(outside, 'missing'))).rejects.toThrow();
    const avif = await put(
      'a.avif',
      await draw({ width: 40, height: 30, grain: 9 }).avif().toBuffer(),
    );
    expect(await pictures.measure(avif)).toEqual({ width: 40, height: 30 });
    expect(await pictures.measure(await put('words', Buffer.from('no picture')))).toBeNull();
    expect(await pictures.check()).toContain('libvips');
    expect(pictures.health()).toEqual({ state: 'ok', detail: 'running' });
  });

  it('that is ended for its memory over a fit is followed by one that is frugal', async () => {
    const { openPicture } = start({ script: new URL('./short-of-memory.ts', import.meta.url) });
    const fitter = new Fitter({ spool, openPicture });
    const { reencoded, image } = await fitter.fit(original, {
      owner: 'owner1',
      limitBytes: 30_000,
      signal: never,
    });
    expect(reencoded?.quality).toBeGreaterThanOrEqual(80);
    expect(image.bytes).toBeLessThanOrEqual(30_000);
  });

  it('that never starts is a failure, and leaves nothing behind', async () => {
    const pictures = start({ script: new URL('./no-process.ts', import.meta.url) });
    const fitter = new Fitter({ spool, openPicture: pictures.openPicture });
    const fitting = fitter.fit(original, { owner: 'owner1', limitBytes: 60_000, signal: never });
    await expect(fitting).rejects.toMatchObject({ kind: 'internal' });
    expect(await readdir(directory)).toEqual([]);
    expect(pictures.health()).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('did not start'),
    });
  });
});

describe.runIf(process.platform === 'linux')('a picture process', () => {
  it('knows none of the bot’s environment, and is the first that the kernel ends', async () => {
    process.env['A_SECRET_OF_THE_BOT'] = 'hidden';
    try {
      const before = new Set(await childrenOf(process.pid));
      await start().makeThumbnail(original.path);
      const [pid] = (await childrenOf(process.pid)).filter((one) => !before.has(one));
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
      const names = environment.split('\0').flatMap((line) => line.split('=')[0] || []);
      // `fork` adds what leads to its channel.
      expect(names.filter((name) => !/^(MALLOC_|NODE_CHANNEL_)/.test(name))).toEqual([]);
      expect((await readFile(`/proc/${pid}/oom_score_adj`, 'utf8')).trim()).toBe('1000');
    } finally {
      delete process.env['A_SECRET_OF_THE_BOT'];
    }
  });

  it('that stands still is ended, started anew, and told; nobody’s picture is to blame', async () => {
    const pictures = start(QUICK);
    await pictures.makeThumbnail(original.path);
    const [pid = 0] = await newestChild();
    process.kill(pid, 'SIGSTOP');
    const thumbnails = [1, 2, 3].map(() => pictures.makeThumbnail(original.path));
    await expect.poll(() => pictures.health().state, { timeout: 20_000 }).toBe('fail');
    for (const thumbnail of await Promise.all(thumbnails)) {
      expect(thumbnail.byteLength).toBeGreaterThan(0);
    }
    expect(await isGone(pid)).toBe(true);
    expect(pictures.health()).toEqual({
      state: 'warn',
      detail: 'the picture process ended 1 times in 10 min (it stood still)',
    });
  });

  it('that stands still with nothing to do is noticed, too', async () => {
    const pictures = start(QUICK);
    await pictures.makeThumbnail(original.path);
    const [pid = 0] = await newestChild();
    process.kill(pid, 'SIGSTOP');
    await expect.poll(() => isGone(pid), { timeout: 20_000 }).toBe(true);
    expect((await pictures.makeThumbnail(original.path)).byteLength).toBeGreaterThan(0);
  });

  it('that stands still is left by whoever cancels, and does not outlive the bot', async () => {
    const pictures = start({ unresponsiveTicks: 100_000 });
    await pictures.makeThumbnail(original.path);
    const [pid = 0] = await newestChild();
    process.kill(pid, 'SIGSTOP');
    const waiting = new AbortController();
    const underWay = new AbortController();
    const one = pictures.makeThumbnail(original.path, underWay.signal);
    const two = pictures.makeThumbnail(original.path, waiting.signal);
    waiting.abort(new Error('waits no more'));
    await expect(two).rejects.toThrow('waits no more');
    underWay.abort(new Error('cancelled'));
    await expect(one).rejects.toThrow('cancelled');
    expect(await isGone(pid)).toBe(true);
    await pictures.makeThumbnail(original.path);
    const [next = 0] = await newestChild();
    process.kill(next, 'SIGSTOP');
    const last = pictures.makeThumbnail(original.path);
    const rejected = expect(last).rejects.toMatchObject({ kind: 'interrupted' });
    await pictures.close();
    await rejected;
    expect(await isGone(next)).toBe(true);
  });

  it('that a picture ends takes nobody else’s with it', async () => {
    const pictures = start();
    await pictures.makeThumbnail(original.path);
    const [pid = 0] = await newestChild();
    const long = pictures.convert(await longConversion());
    const others = [1, 2].map(() => pictures.makeThumbnail(original.path));
    const rejected = expect(long).rejects.toMatchObject({
      name: 'PictureProcessEnded',
      reason: 'died',
    });
    await expect.poll(() => isAtWork(pid), { timeout: 20_000 }).toBe(true);
    process.kill(pid, 'SIGKILL');
    await rejected;
    for (const other of await Promise.all(others)) expect(other.byteLength).toBeGreaterThan(0);
    expect(pictures.health().state).toBe('warn');
  });

  it('that has drawn a chart draws the next, and leaves other pictures to a new one', async () => {
    const pictures = start();
    const words = { title: '', pictures: '', cost: '', models: { flash: '', pro: '' } };
    const day = { pictures: { flash: 1, pro: 1 }, costMicros: { flash: 0, pro: 0 } };
    const chart = { days: [{ day: '2026-01-01', ...day }], withCost: false, words };
    await pictures.drawChart(chart);
    const [first] = await newestChild();
    await pictures.drawChart(chart);
    expect(await newestChild()).toEqual([first]);
    await pictures.makeThumbnail(original.path);
    expect(await isGone(first ?? 0)).toBe(true);
    expect(pictures.health().state).toBe('ok');
  });

  it('that takes too long over a picture is ended, and the next picture goes', async () => {
    const pictures = start({
      script: new URL('./never-done.ts', import.meta.url),
      deadlines: { convert: 1 },
    });
    await expect(pictures.convert(await longConversion())).rejects.toMatchObject({
      name: 'PictureProcessEnded',
      reason: 'deadline',
    });
    expect(pictures.health()).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('too long'),
    });
    expect(await pictures.measure(original.path)).toEqual({ width: 320, height: 180 });
  });

  it('whose header alone takes too long is ended before the deadline of the whole', async () => {
    const pictures = start({ tickMs: 100, unresponsiveTicks: 1_000, startTicks: 1_000 });
    const path = await put('frames.webp', manyFramesWebp(100_000));
    const started = performance.now();
    await expect(pictures.convert(conversionOf(path))).rejects.toMatchObject({
      name: 'PictureProcessEnded',
      reason: 'deadline',
    });
    // Of `convert` it is four seconds at this tick.
    expect(performance.now() - started).toBeLessThan(3_500);
  });

  it('gives a fit of the model’s own picture more memory than a reference, and not all', async () => {
    const pictures = start({ script: new URL('./no-estimate.ts', import.meta.url) });
    const sides = { width: 16_384, height: 12_288 };
    const path = await put('progressive.jpg', solidJpeg(sides, { isProgressive: true }));
    const { encode } = await pictures.openPicture({ path }, false);
    const whole = { quality: 90, scale: 1, isFrugal: true };
    await expect(encode(whole, join(outside, 'output'))).rejects.toMatchObject({
      name: 'PictureProcessEnded',
      reason: 'memory',
    });
  });

  it('that gets more memory than its estimate said ends itself', async () => {
    const pictures = start({ script: new URL('./no-estimate.ts', import.meta.url) });
    const bytes = solidJpeg(
      { width: 8_192, height: 6_144 },
      { isProgressive: true, orientation: 6 },
    );
    const path = await put('progressive.jpg', bytes);
    await expect(pictures.convert(conversionOf(path))).rejects.toMatchObject({
      name: 'PictureProcessEnded',
      reason: 'memory',
    });
  });
});

async function newestChild(): Promise<number[]> {
  return (await childrenOf(process.pid)).toSorted((a, b) => b - a);
}

/** Whether it has begun to decode: idle, it has next to no memory beyond its own. */
async function isAtWork(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) > 100_000;
}
