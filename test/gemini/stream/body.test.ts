import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import {
  brotliCompressSync,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../../src/gemini/stream/body.ts';
import { plainBody } from '../../../src/gemini/stream/content-encoding.ts';
import { noise } from '../support/pictures.ts';

const CONTENT = noise(300_000, 3).toString('base64');
const ENCODINGS = [
  ['gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const;

/** All that a body gave, and what it ended with. */
async function readAll(body: Readable): Promise<{ text: string; error: unknown }> {
  let text = '';
  try {
    for await (const chunk of chunksOf(body)) text += chunk.toString('latin1');
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

function inChunks(bytes: Buffer, size: number): Buffer[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * size).subarray(0, size),
  );
}

/** A body of which everything has arrived when its connection breaks. */
function brokenBehind(bytes: Buffer, error: Error): Readable {
  const body = new PassThrough({ highWaterMark: bytes.length });
  for (const chunk of inChunks(bytes, 1_000)) body.write(chunk);
  body.once('data', () => body.destroy(error));
  return body;
}

describe('a body whose connection breaks', () => {
  const error = new Error('the line broke');

  it('gives everything that had arrived before', async () => {
    const read = await readAll(brokenBehind(Buffer.from(CONTENT), error));
    expect(read.text === CONTENT).toBe(true);
    expect(read.error).toBe(error);
  });

  it.each(ENCODINGS)('gives everything that had arrived, of %s too', async (encoding, encode) => {
    const read = await readAll(plainBody(brokenBehind(encode(CONTENT), error), encoding));
    expect(read.text === CONTENT).toBe(true);
    expect(read.error).toBe(error);
  });
});

describe('a compressed body', () => {
  it.each(ENCODINGS)('comes out as it was: %s', async (encoding, encode) => {
    const body = plainBody(Readable.from(inChunks(encode(CONTENT), 777)), encoding);
    const read = await readAll(body);
    expect(read.text === CONTENT).toBe(true);
    expect(read.error).toBeNull();
  });

  it.each(ENCODINGS)('gives what came when its end is missing: %s', async (encoding, encode) => {
    const whole = encode(CONTENT);
    const body = plainBody(Readable.from([whole.subarray(0, whole.length - 4)]), encoding);
    const read = await readAll(body);
    expect(read.error).toBeNull();
    expect(read.text.length).toBeGreaterThan(CONTENT.length / 3);
    expect(CONTENT.startsWith(read.text)).toBe(true);
    if (encoding === 'gzip' || encoding === 'deflate') expect(read.text).toBe(CONTENT);
  });

  it('is refused where it is none', async () => {
    const read = await readAll(plainBody(Readable.from([Buffer.from(CONTENT)]), 'gzip'));
    expect(read.error).toMatchObject({ code: 'Z_DATA_ERROR' });
  });

  it('fails when it is read where nobody knows its encoding', async () => {
    const source = new Readable({ read() {} });
    const read = await readAll(plainBody(source, 'rot13'));
    expect(read.error).toMatchObject({ kind: 'bad_answer', details: { problem: 'unreadable' } });
    expect(source.destroyed).toBe(true);
  });

  it('closes its connection when its reader walks away', async () => {
    const source = new Readable({ read() {} });
    source.push(gzipSync(CONTENT));
    const closed = new Promise((resolve) => source.on('close', resolve));
    for await (const _ of chunksOf(plainBody(source, 'gzip'))) break;
    await closed;
  });
});

describe('a compressed body that is damaged', () => {
  it.each(ENCODINGS)('gives everything in front of the fault: %s', async (encoding, encode) => {
    // Each slice is as dense as it gets, and the fault stands behind the last of its bytes.
    const intact = encode(CONTENT.slice(0, 3_000));
    const body = plainBody(
      Readable.from([Buffer.concat([intact.subarray(0, -8), Buffer.alloc(900, 0xff)])]),
      encoding,
    );
    const { text, error } = await readAll(body);
    expect(error).not.toBeNull();
    expect(CONTENT.startsWith(text.slice(0, 2_900))).toBe(true);
    if (encoding !== 'zstd') expect(text.length).toBeGreaterThan(2_900);
  });

  it('gives everything where nothing but its checksum is wrong', async () => {
    const whole = gzipSync(CONTENT);
    whole.writeUInt32LE(1, whole.length - 8);
    const { text, error } = await readAll(plainBody(Readable.from([whole]), 'gzip'));
    expect(text === CONTENT).toBe(true);
    expect(error).toMatchObject({ code: 'Z_DATA_ERROR' });
  });
});

describe('a body whose encoding is written in another way', () => {
  it.each([
    ['deflate', 'deflate without the header of zlib', deflateRawSync],
    ['deflate', 'deflate that is gzip', gzipSync],
    ['X-GZIP', 'gzip by its old name', gzipSync],
    [' identity, gzip ', 'gzip behind identity', gzipSync],
    ['gzip, gzip', 'gzip twice', (text: string) => gzipSync(gzipSync(text))],
    ['deflate, br', 'two encodings', (text: string) => brotliCompressSync(deflateSync(text))],
    ['identity,', 'identity alone', (text: string) => Buffer.from(text)],
  ])('is read: %s, %s', async (encoding, _, encode) => {
    for (const size of [1, 777]) {
      const chunks = inChunks(encode(CONTENT.slice(0, 20_000)), size);
      const { text, error } = await readAll(plainBody(Readable.from(chunks), encoding));
      expect([text === CONTENT.slice(0, 20_000), error]).toEqual([true, null]);
    }
  });
});

describe('a compressed body that holds more than it has any reason to', () => {
  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is cut off, and its connection closed: %s', async (encoding, encode) => {
    const bomb = encode(Buffer.alloc(100_000_000, 'a'));
    const source = Readable.from([bomb]);
    let given = 0;
    let error: unknown = null;
    try {
      for await (const chunk of chunksOf(plainBody(source, encoding))) given += chunk.length;
    } catch (caught) {
      error = caught;
    }
    expect(error).toMatchObject({ kind: 'bad_answer', details: { problem: 'too_large' } });
    expect(given).toBeLessThanOrEqual(16_777_216 + bomb.length * 100);
    expect(source.destroyed).toBe(true);
  });
});

describe('the memory of a body', () => {
  it('is given back when it was read, and not a byte too early', async () => {
    const content = noise(3_000_000, 5);
    // Pieces of the wire that end anywhere, so that one read of the socket holds parts of several.
    const server = createServer((_, response) => {
      Readable.from(inChunks(content, 23_456)).pipe(response);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const dispatcher = new Agent({ connections: 1, allowH2: false });
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      // Twice on one connection: the second answer may begin in the memory of the first one's end.
      for (const hurry of [true, false]) {
        const { body } = await request(address, { dispatcher });
        const bytes = Buffer.alloc(content.length);
        const memories = new Set<ArrayBufferLike>();
        let at = 0;
        for await (const chunk of chunksOf(body)) {
          at += chunk.copy(bytes, at);
          memories.add(chunk.buffer);
          // A slow reader makes the socket wait, and undici join what has piled up.
          if (!hurry) await setImmediate();
        }
        expect(bytes.equals(content)).toBe(true);
        const kept = [...memories].filter((memory) => memory.byteLength > 0);
        expect(memories.size).toBeGreaterThan(10);
        // The last one, and the pools of small buffers.
        expect(kept.length).toBeLessThan(memories.size / 2);
      }
    } finally {
      await dispatcher.close();
      server.close();
    }
  });

  it('is left alone where small buffers share it', async () => {
    const pooled = Buffer.from('a small one');
    const body = Readable.from([pooled, Buffer.alloc(100_000, 'b')]);
    expect((await readAll(body)).text.length).toBe(100_011);
    expect(pooled.toString()).toBe('a small one');
  });

  it('is an error, not a gap, when it comes back', async () => {
    const chunk = Buffer.alloc(100_000, 'a');
    const body = Readable.from([chunk, Buffer.alloc(100_000, 'b'), chunk.subarray(0, 50_000)]);
    const read = await readAll(body);
    expect(read.error).toMatchObject({ kind: 'internal' });
  });
});
