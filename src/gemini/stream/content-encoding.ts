import { Readable, Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createInflateRaw,
  createUnzip,
  createZstdDecompress,
} from 'node:zlib';
import { Failure } from '../../domain.ts';
import { overLimit } from '../limits.ts';
import { chunksOf } from './body.ts';

/**
 * The body as plain bytes. None is asked for, but a proxy may compress an answer all the same;
 * bounds are counted behind this, on what comes out. Where the body breaks, what had arrived of it
 * still comes out, and the error behind it. One whose encoding nobody knows fails when it is read:
 * `Failure('bad_answer')`, with the encoding as its reason.
 */
export function plainBody(body: Readable, encoding = ''): Readable {
  // Destroying a body that nobody listens to would end the process; its reader hears all the same.
  body.on('error', () => {});
  const openers = namesIn(encoding).map((name) => DECODERS.get(name));
  if (openers.length <= MOST_ENCODINGS && openers.every((open) => open !== undefined)) {
    // Named in the order in which they were put on.
    return openers.reduceRight(decode, body);
  }
  body.destroy();
  return new Readable({
    read() {
      this.destroy(
        new Failure('bad_answer', 'the answer has an unknown content encoding', {
          details: { problem: 'unreadable', reason: encoding.slice(0, ENCODING_LENGTH) },
        }),
      );
    },
  });
}

/** Longer than the name of any encoding. */
const ENCODING_LENGTH = 80;

/** A server and a proxy in front of it may both compress, each without a look at the other. */
const MOST_ENCODINGS = 2;

/** Makes a decoder for a body that begins with these two bytes. */
type OpenDecoder = (head: Buffer) => Transform;

function namesIn(encoding: string): string[] {
  return encoding
    .toLowerCase()
    .split(',', 9)
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
}

/** A body that lacks its end is none of the decoder's business: an answer says itself how it ends. */
const UNENDED = { finishFlush: constants.Z_SYNC_FLUSH };

const DECODERS: ReadonlyMap<string, OpenDecoder> = new Map([
  ['gzip', () => createUnzip(UNENDED)],
  ['x-gzip', () => createUnzip(UNENDED)],
  ['deflate', (head) => (hasZlibHeader(head) ? createUnzip(UNENDED) : createInflateRaw(UNENDED))],
  ['br', () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH })],
  ['zstd', () => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush })],
] satisfies [string, OpenDecoder][]);

/** RFC 9110 wants `deflate` in the form of zlib; some servers send it without (RFC 1951). */
function hasZlibHeader(head: Buffer): boolean {
  if (head.length < 2) return true;
  const isGzip = head.readUInt16BE(0) === 0x1f8b;
  return isGzip || ((head[0] ?? 0) % 16 === 8 && head.readUInt16BE(0) % 31 === 0);
}

/** How much a body may grow: no answer is a tenth as dense, and no text of this size matters. */
const FREE_BYTES = 16_777_216;
const EXPANSION = 100;

/** A decoder drops what it made of a slice in which it finds a fault; see `recover`. */
const SLICE_BYTES = 4_096;

/**
 * What a compressed body holds. Where the body breaks or its compression is damaged, everything in
 * front of the fault comes out, and the error behind it. `Failure('bad_answer')` where it grows
 * beyond all reason.
 */
function decode(body: Readable, open: OpenDecoder): Readable {
  let receivedBytes = 0;
  let givenBytes = 0;
  let fault: Error | null = null;
  const decoders: Transform[] = [];
  const plain = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      givenBytes += chunk.length;
      if (givenBytes <= FREE_BYTES + receivedBytes * EXPANSION) done(null, chunk);
      else done(overLimit('a compressed answer grows beyond all reason'));
    },
    flush: (done) => done(fault),
  });
  plain.once('close', () => {
    body.destroy();
    for (const decoder of decoders) decoder.destroy();
  });

  async function run(): Promise<void> {
    let head: Buffer = Buffer.alloc(0);
    let ahead: Transform | undefined;
    let behind: Transform | undefined;
    try {
      for await (const chunk of chunksOf(body)) {
        receivedBytes += chunk.length;
        const bytes = ahead === undefined ? Buffer.concat([head, chunk]) : chunk;
        if (ahead === undefined && bytes.length < 2) {
          head = bytes;
          continue;
        }
        ahead ??= open(bytes);
        behind ??= open(bytes);
        if (decoders.length === 0) start(ahead, behind);
        for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
          const slice = bytes.subarray(at, at + SLICE_BYTES);
          await write(ahead, slice).catch((error) => recover(behind as Transform, slice, error));
          await write(behind, slice);
        }
      }
    } finally {
      if (ahead !== undefined && !ahead.destroyed) await end(ahead);
    }
  }

  function start(ahead: Transform, behind: Transform): void {
    decoders.push(ahead, behind);
    ahead.on('error', () => {});
    behind.on('error', () => {});
    ahead.pipe(plain, { end: false });
    behind.resume();
  }

  /**
   * A second decoder, one slice behind the first, takes the slice in which the first one failed byte
   * by byte, and so gives everything up to the fault. Throws the first one's error.
   */
  async function recover(behind: Transform, slice: Buffer, error: unknown): Promise<never> {
    behind.on('data', (chunk: Buffer) => plain.write(chunk));
    for (let at = 0; at < slice.length; at++) {
      const isFaulty = await write(behind, slice.subarray(at, at + 1)).catch(() => true);
      if (isFaulty === true) break;
    }
    throw error;
  }

  run()
    .catch((error: Error) => {
      fault = error;
    })
    .finally(() => plain.end());
  return plain;
}

/** Resolves when the decoder has taken the bytes, and rejects when it fails or is closed instead. */
function write(decoder: Transform, bytes: Buffer): Promise<void> {
  return whenDone(decoder, (done) => decoder.write(bytes, done));
}

/** Resolves when everything has come out. */
function end(decoder: Transform): Promise<void> {
  return whenDone(decoder, (done) => {
    decoder.once('end', done);
    decoder.end();
  });
}

function whenDone(
  decoder: Transform,
  act: (done: (error?: Error | null) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => {
      decoder.off('error', done);
      decoder.off('close', closed);
      if (error) reject(error);
      else resolve();
    };
    const closed = () => done(new Failure('cut', 'the decoder was closed'));
    decoder.once('error', done);
    decoder.once('close', closed);
    act(done);
  });
}
