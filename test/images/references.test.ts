import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Reference } from '../../src/domain.ts';
import { createFitter } from '../../src/images/fit.ts';
import { openPicture } from '../../src/images/process/open-picture.ts';
import { fetchReference } from '../../src/images/references.ts';
import { createSpool, type Spool } from '../../src/images/spool.ts';
import { startWebhookServer } from '../support/webhook-server.ts';

const MAX_BYTES = 200_000;

let cdn: Awaited<ReturnType<typeof startWebhookServer>>;
let directory: string;
let spool: Spool;
let dispatcher: Agent;

beforeEach(async () => {
  cdn = await startWebhookServer();
  directory = await mkdtemp(join(tmpdir(), 'darkroom-'));
  spool = createSpool({ directory, maxBytes: 10_000_000 });
  dispatcher = new Agent();
});
afterEach(async () => {
  await dispatcher.close();
  await cdn.close();
  await rm(directory, { recursive: true });
});

const picture = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: '#c92a2a' } });
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

const deps = () => ({
  spool,
  fitter: createFitter({ spool, openPicture }),
  dispatcher,
  hosts: ['127.0.0.1'],
  maxBytes: MAX_BYTES,
});

function reference(path: string, bytes = 1_000) {
  const url = path.startsWith('/') ? `${cdn.origin}${path}` : path;
  return { url, name: 'photo.bin', contentType: 'image/png', bytes };
}

function fetchFrom(path: string, change: { bytes?: number; signal?: AbortSignal } = {}) {
  const signal = change.signal ?? new AbortController().signal;
  return fetchReference(reference(path, change.bytes), 'owner1', deps(), MAX_BYTES, signal);
}

function fetchOwn(own: Reference, roomBytes = MAX_BYTES) {
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
    await fails(fetching, 'not_a_picture');
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
    const own = { ...reference('/smaller.jpg'), generationId: 'made1' };
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
    const own = { ...reference('/smaller.jpg', 2_000), generationId: 'made1' };
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
    const own = { ...reference('/large.png', bytes.length), generationId: 'made1' };
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
    const old = reference('/a.png?ex=5f000000&is=5e000000&hm=00');
    const renewUrl = async () => `${cdn.origin}/renewed.png`;
    const signal = new AbortController().signal;
    const fetching = fetchReference(old, 'owner1', { ...deps(), renewUrl }, MAX_BYTES, signal);
    const request = await cdn.next();
    expect(request.path).toBe('/renewed.png');
    request.respond(200, await picture().png().toBuffer());
    expect(await fetching).toMatchObject({ mime: 'image/png' });
  });

  it('that is ours and gone is out of reach, which is nobody’s host’s fault', async () => {
    const gone = { ...reference(''), url: '', generationId: 'made1' };
    await fails(fetchOwn(gone), 'unreachable');
  });

  it('that is damaged gets a clear failure', async () => {
    const whole = await picture().resize(300, 300).tiff().toBuffer();
    const fetching = fetchFrom('/a');
    (await cdn.next()).respond(200, whole.subarray(0, whole.length - 20));
    await expect(fetching).rejects.toMatchObject({ kind: 'reference' });
    expect(await readdir(directory)).toEqual([]);
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
