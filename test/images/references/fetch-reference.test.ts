import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PictureReference } from '../../../src/domain.ts';
import { Fitter } from '../../../src/images/fit/fitter.ts';
import { createPictureProcess } from '../../../src/images/process-client/client.ts';
import { fetchReference } from '../../../src/images/references/fetch-reference.ts';
import { DiskSpool, type Spool } from '../../../src/images/spool/spool.ts';
import { english } from '../../../src/texts/english.ts';
import { failureText } from '../../../src/texts/failure-text.ts';
import {
  dottedGif,
  manySegmentsJpeg,
  solidJpeg,
  solidPng,
  solidTiff,
} from '../../hostile/support/pictures.ts';
import { sampleFailure } from '../../support/samples.ts';
import { startWebhookServer } from '../../support/webhook-server.ts';
import { exifBlock, jpegWith, pngWith, webpWith } from '../header/orientations.ts';

const MAX_BYTES = 200_000;

const pictures = createPictureProcess();
afterAll(() => pictures.close());

let cdn: Awaited<ReturnType<typeof startWebhookServer>>;
let directory: string;
let spool: Spool;
let dispatcher: Agent;

beforeEach(async () => {
  cdn = await startWebhookServer();
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = new DiskSpool({ directory, maxBytes: 100_000_000 });
  dispatcher = new Agent();
});
afterEach(async () => {
  await dispatcher.close();
  await cdn.close();
  await rm(directory, { recursive: true });
});

const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: '#c92a2a' } });
const isoFile = (...brands: string[]) =>
  Buffer.from(`\0\0\0\x1cftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`, 'latin1');
/** One dot. */
const WEBP = 'UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==';
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const deps = () => ({
  spool,
  fitter: new Fitter({ spool, openPicture: pictures.openPicture }),
  convert: pictures.convert,
  dispatcher,
  hosts: ['127.0.0.1'],
  maxBytes: MAX_BYTES,
});

function reference(path: string, bytes = 1_000) {
  const url = path.startsWith('/') ? `${cdn.origin}${path}` : path;
  return { kind: 'attachment' as const, url, name: 'photo.bin', contentType: 'image/png', bytes };
}

function ownReference(path: string, bytes = 1_000) {
  return { ...reference(path, bytes), kind: 'picture' as const, generationId: 'made1' };
}

function fetchFrom(
  path: string,
  change: { bytes?: number; signal?: AbortSignal; maxBytes?: number } = {},
) {
  const signal = change.signal ?? new AbortController().signal;
  const { maxBytes = MAX_BYTES } = change;
  const own = { ...deps(), maxBytes };
  return fetchReference(reference(path, change.bytes), 'owner1', own, maxBytes, signal);
}

function fetchOwn(own: PictureReference, roomBytes = MAX_BYTES) {
  return fetchReference(own, 'owner1', deps(), roomBytes, new AbortController().signal);
}

/** One of our own pictures, on disk as it was made. */
async function make(bytes: Buffer) {
  const made = spool.open('made1');
  await made.write(bytes);
  return await made.finish();
}

/** Noise, which no encoder makes small. */
const noise = (side: number) =>
  sharp(randomBytes(side * side * 3), { raw: { width: side, height: side, channels: 3 } });

async function fails(promise: Promise<unknown>, problem: string) {
  await expect(promise).rejects.toMatchObject({
    kind: 'reference',
    details: { file: 'photo.bin', problem },
  });
  expect(await readdir(directory)).toEqual([]);
  expect(spool.usedBytes).toBe(0);
}

describe('a reference', () => {
  it.each(['jpeg', 'png', 'webp'] as const)(
    'that is a %s goes on as it is, byte for byte',
    async (format) => {
      const bytes = await picture()[format]().toBuffer();
      const fetching = fetchFrom('/a');
      (await cdn.next()).respond(200, bytes);
      const file = await fetching;
      expect(file).toMatchObject({ mime: `image/${format}`, width: 40, height: 30 });
      expect(sha256(await readFile(file.path))).toBe(sha256(bytes));
      await spool.remove(file);
      expect(await readdir(directory)).toEqual([]);
    },
  );

  it('that is a JPEG of 30,000 segments is turned by what stands behind them', async () => {
    const fetching = fetchFrom('/a', { maxBytes: 1_000_000 });
    (await cdn.next()).respond(200, manySegmentsJpeg(30_000));
    expect(await fetching).toMatchObject({ mime: 'image/jpeg', width: 48, height: 64 });
  });

  it.each([
    ['gif', () => picture().gif().toBuffer(), 'image/png'],
    ['tiff', () => picture().tiff().toBuffer(), 'image/jpeg'],
    ['avif', () => picture().avif().toBuffer(), 'image/jpeg'],
  ])('that is a %s is converted to what the model takes', async (_, make, mime) => {
    const bytes = await make();
    const fetching = fetchFrom('/a');
    (await cdn.next()).respond(200, bytes);
    const file = await fetching;
    expect(file).toMatchObject({ mime, width: 40, height: 30 });
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('is told by its bytes, not by its name or header', async () => {
    const fetching = fetchFrom('/a.png');
    (await cdn.next()).respond(200, Buffer.from('just words'), { 'content-type': 'image/png' });
    await fails(fetching, 'not_a_picture');
  });

  it('is never an SVG, which could point anywhere', async () => {
    const fetching = fetchFrom('/a.svg');
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>';
    (await cdn.next()).respond(200, Buffer.from(svg));
    await fails(fetching, 'svg');
  });

  it('is refused before a byte moves when it is said to be too large, and on the way when it is', async () => {
    await fails(fetchFrom('/a', { bytes: MAX_BYTES + 1 }), 'too_large');
    expect(cdn.waiting).toHaveLength(0);
    const fetching = fetchFrom('/a');
    (await cdn.next()).respond(200, Buffer.alloc(MAX_BYTES + 1));
    await fails(fetching, 'too_large');
  });

  it.each([
    'https://example.com/a.png',
    'http://169.254.169.254/latest',
    'file:///etc/passwd',
    'nonsense',
  ])('is not fetched from %s', async (url) => {
    await fails(fetchFrom(url), 'host');
  });

  it('does not follow a redirect to another host', async () => {
    const fetching = fetchFrom('/a');
    (await cdn.next()).respond(302, '', { location: 'http://169.254.169.254/latest' });
    await fails(fetching, 'unreachable');
  });

  it('is asked for again after a broken connection or a 503, and not after a 404', async () => {
    const bytes = await picture().png().toBuffer();
    const fetching = fetchFrom('/a');
    (await cdn.next()).hangUp();
    (await cdn.next()).respond(503, 'busy');
    (await cdn.next()).respond(200, bytes);
    expect(await fetching).toMatchObject({ mime: 'image/png' });
    await spool.remove(await fetching);
    const missing = fetchFrom('/b');
    (await cdn.next()).respond(404, 'no');
    await fails(missing, 'unreachable');
    expect(cdn.waiting).toHaveLength(0);
  });

  it('that is one of our own pictures is taken as it was made, while that is on disk', async () => {
    const original = await make(await picture().png().toBuffer());
    const own = ownReference('/smaller.jpg');
    const taken = await fetchOwn(own);
    expect(taken).toMatchObject({ mime: 'image/png', bytes: original.bytes });
    expect(taken.path).not.toBe(original.path);
    expect(cdn.waiting).toHaveLength(0);
    await spool.remove(original);
    const fetching = fetchOwn(own);
    (await cdn.next()).respond(200, await picture().jpeg().toBuffer());
    expect(await fetching).toMatchObject({ mime: 'image/jpeg' });
  });

  it('that is one of our own is taken as Discord has it where the original leaves no room', async () => {
    await make(await noise(100).png().toBuffer());
    const own = ownReference('/smaller.jpg', 2_000);
    const copy = await picture().jpeg().toBuffer();
    const fetching = fetchOwn(own, 10_000);
    (await cdn.next()).respond(200, copy);
    expect(await fetching).toMatchObject({ mime: 'image/jpeg', bytes: copy.length });
    const gone = fetchOwn(own, 25_000);
    (await cdn.next()).respond(404, 'no');
    const fitted = await gone;
    expect(fitted).toMatchObject({ mime: 'image/jpeg', width: 100 });
    expect(fitted.bytes).toBeLessThanOrEqual(25_000);
  });

  it('that is one of our own is made smaller where every version of it is too large', async () => {
    const bytes = await noise(300).png().toBuffer();
    expect(bytes.length).toBeGreaterThan(MAX_BYTES);
    const own = ownReference('/large.png', bytes.length);
    const fetching = fetchOwn(own);
    (await cdn.next()).respond(200, bytes);
    const fromDiscord = await fetching;
    const original = await make(bytes);
    const fromDisk = await fetchOwn(own);
    for (const file of [fromDiscord, fromDisk]) {
      expect(file).toMatchObject({ mime: 'image/jpeg', width: 300, height: 300 });
      expect(file.bytes).toBeLessThanOrEqual(MAX_BYTES);
      await spool.remove(file);
    }
    await spool.remove(original);
    expect(await readdir(directory)).toEqual([]);
    expect(cdn.waiting).toHaveLength(0);
  });

  it('whose signed address is over is fetched by a new one', async () => {
    const old = ownReference('/a.png?ex=5f000000&is=5e000000&hm=00');
    const renewUrl = async () => `${cdn.origin}/renewed.png`;
    const signal = new AbortController().signal;
    const fetching = fetchReference(old, 'owner1', { ...deps(), renewUrl }, MAX_BYTES, signal);
    const request = await cdn.next();
    expect(request.path).toBe('/renewed.png');
    request.respond(200, await picture().png().toBuffer());
    expect(await fetching).toMatchObject({ mime: 'image/png' });
  });

  it('that is ours and gone is out of reach, which is nobody’s host’s fault', async () => {
    const gone = { ...ownReference(''), url: null };
    await fails(fetchOwn(gone), 'unreachable');
  });

  it('that is damaged gets a clear failure', async () => {
    const whole = await picture().resize(300, 300).tiff().toBuffer();
    const fetching = fetchFrom('/a');
    (await cdn.next()).respond(200, whole.subarray(0, whole.length - 20));
    await expect(fetching).rejects.toMatchObject({ kind: 'reference' });
    expect(await readdir(directory)).toEqual([]);
  });

  it.each([
    ['an AVIF of several frames', 'animated_avif', isoFile('avis', 'avif', 'avis')],
    ['a HEIC', 'heic', isoFile('heic', 'mif1', 'heic')],
    ['a BigTIFF', 'big_tiff', Buffer.from('4949 2b00 0800 0000 1000'.replaceAll(' ', ''), 'hex')],
    ['a BigTIFF of big-endian order', 'big_tiff', Buffer.from('4d4d002b000800000010', 'hex')],
    ['a PNG without its end', 'broken_off', solidPng({ width: 300, height: 300 }).subarray(0, 200)],
    [
      'a JPEG without its end',
      'broken_off',
      solidJpeg({ width: 800, height: 800 }).subarray(0, -2),
    ],
    ['a WebP without its end', 'broken_off', Buffer.from(WEBP, 'base64').subarray(0, -4)],
    ['a GIF of 100 megapixels', 'too_many_pixels', dottedGif({ width: 10_000, height: 10_000 })],
    ['a TIFF of 120 megapixels', 'too_many_pixels', solidTiff({ width: 12_000, height: 10_000 })],
    [
      'a turned and interlaced PNG of 16 bits and 30 megapixels',
      'too_many_pixels',
      solidPng({ width: 6_000, height: 5_000 }, { bits: 16, isInterlaced: true, orientation: 6 }),
    ],
    [
      'a turned progressive JPEG of 50 megapixels in full colour',
      'too_many_pixels',
      solidJpeg({ width: 8_192, height: 6_144 }, { isProgressive: true, orientation: 6 }),
    ],
  ])('that is %s is refused in words of its own (%s)', async (_, problem, bytes) => {
    const fetching = fetchFrom('/a', { maxBytes: 1_000_000 });
    (await cdn.next()).respond(200, bytes);
    await fails(fetching, problem);
    const failure = sampleFailure('reference', { problem });
    expect(failureText(failure, english, { file: 'photo.bin' }).body).toMatch(
      /^\*\*photo\.bin\*\* (is (an animated AVIF|a HEIC image|a BigTIFF|incomplete)|has too many pixels)/,
    );
  });

  it('that sends a byte now and then is given up as a whole, and not asked for again', async () => {
    const sent: number[] = [];
    const slow = createServer((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => {
        sent.push(response.write('x') ? 1 : 0);
      }, 20);
      response.on('close', () => clearInterval(timer));
    });
    slow.listen(0, '127.0.0.1');
    await once(slow, 'listening');
    const { port } = slow.address() as AddressInfo;
    let requests = 0;
    slow.on('request', () => requests++);
    const times = { idleTimeoutMs: 10_000, wholeTimeoutMs: 300 };
    const signal = new AbortController().signal;
    const dripping = reference(`http://127.0.0.1:${port}/a`);
    await fails(
      fetchReference(dripping, 'owner1', { ...deps(), times }, MAX_BYTES, signal),
      'unreachable',
    );
    expect(requests).toBe(1);
    slow.closeAllConnections();
    await new Promise((resolve) => slow.close(resolve));
  });

  it('leaves nothing behind when its generation is cancelled', async () => {
    const cancel = new AbortController();
    const fetching = fetchFrom('/a', { signal: cancel.signal });
    await cdn.next();
    cancel.abort(new Error('cancelled'));
    await expect(fetching).rejects.toThrow();
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a picture that is not upright as stored', () => {
  /** Red at the left, blue at the right, and a green corner at the top left: each turn differs. */
  async function marked(): Promise<Buffer> {
    const raw = { width: 48, height: 32, channels: 3 } as const;
    const pixels = Buffer.alloc(48 * 32 * 3);
    for (let at = 0; at < 48 * 32; at++) {
      const [x, y] = [at % 48, Math.floor(at / 48)];
      const colour = x < 16 && y < 16 ? [0, 200, 0] : x < 24 ? [220, 0, 0] : [0, 0, 220];
      pixels.set(colour, at * 3);
    }
    return await sharp(pixels, { raw }).png().toBuffer();
  }

  const formats = {
    jpeg: [
      async () =>
        await sharp(await marked())
          .jpeg({ quality: 98 })
          .toBuffer(),
      jpegWith,
    ],
    png: [async () => await marked(), pngWith],
    webp: [
      async () =>
        await sharp(await marked())
          .webp({ quality: 98 })
          .toBuffer(),
      webpWith,
    ],
  } as const;

  it.each(Object.keys(formats) as (keyof typeof formats)[])(
    'goes upright, whichever way it lies (%s)',
    async (format) => {
      const [make, put] = formats[format];
      for (let orientation = 2; orientation <= 8; orientation++) {
        const block = exifBlock({ value: orientation, order: 'II', type: 'short' });
        const bytes = put(await make(), block);
        const fetching = fetchFrom('/a');
        (await cdn.next()).respond(200, bytes);
        const file = await fetching;
        // Where libvips reads the orientation as well, its own way to turn is the judge.
        const upright = await sharp(await make())
          .withMetadata({ orientation })
          .toFormat('png')
          .toBuffer();
        const wanted = await sharp(upright).autoOrient().raw().toBuffer();
        const { data, info } = await sharp(file.path).raw().toBuffer({ resolveWithObject: true });
        expect(file).toMatchObject({ width: info.width, height: info.height });
        expect(file.width).toBe(orientation >= 5 ? 32 : 48);
        expect((await sharp(file.path).metadata()).orientation ?? 1).toBe(1);
        const furthest = data.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (wanted[at] ?? 0))),
          0,
        );
        expect(furthest).toBeLessThan(100);
        const mean = data.reduce((sum, value, at) => sum + Math.abs(value - (wanted[at] ?? 0)), 0);
        expect(mean / data.length).toBeLessThan(6);
        await spool.remove(file);
      }
    },
    60_000,
  );

  it('keeps what shines through it', async () => {
    const png = await picture().ensureAlpha(0.5).png().toBuffer();
    const fetching = fetchFrom('/a');
    const block = exifBlock({ value: 6, order: 'MM', type: 'short' });
    (await cdn.next()).respond(200, pngWith(png, block, 'behind'));
    const file = await fetching;
    expect(file).toMatchObject({ mime: 'image/png', width: 30, height: 40 });
    expect((await sharp(file.path).stats()).isOpaque).toBe(false);
  });

  it('is a phone’s photograph of 50 megapixels, and keeps 4096 pixels of its longer side', async () => {
    const bytes = solidJpeg({ width: 8_160, height: 6_120 }, { orientation: 6 });
    const fetching = fetchFrom('/a', { maxBytes: 20_000_000 });
    (await cdn.next()).respond(200, bytes);
    expect(await fetching).toMatchObject({ mime: 'image/jpeg', width: 3_072, height: 4_096 });
  });

  it('is an animated WebP no more than an animated GIF: its first frame goes', async () => {
    const raw = { width: 40, height: 90, channels: 3, pageHeight: 30 } as const;
    const frames = sharp(randomBytes(40 * 90 * 3), { raw });
    for (const bytes of [await frames.clone().webp().toBuffer(), await frames.gif().toBuffer()]) {
      const fetching = fetchFrom('/a');
      (await cdn.next()).respond(200, bytes);
      const file = await fetching;
      expect(file).toMatchObject({ width: 40, height: 30 });
      expect(['image/jpeg', 'image/png']).toContain(file.mime);
      expect((await sharp(file.path).metadata()).pages ?? 1).toBe(1);
      await spool.remove(file);
    }
  });

  it('is made to fit where a better one would leave no room for the others', async () => {
    const bytes = await noise(400).jpeg({ quality: 60 }).toBuffer();
    const block = exifBlock({ value: 3, order: 'MM', type: 'short' });
    const turned = jpegWith(bytes, block);
    const fetching = fetchFrom('/a', { maxBytes: turned.length });
    (await cdn.next()).respond(200, turned);
    const file = await fetching;
    expect(file).toMatchObject({ mime: 'image/jpeg' });
    expect(file.width).toBeGreaterThanOrEqual(200);
    expect(file.bytes).toBeLessThanOrEqual(turned.length);
  });
});
