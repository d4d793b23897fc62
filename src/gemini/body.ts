import type { Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip, createZstdDecompress } from 'node:zlib';
import { Failure } from '../domain.ts';

/**
 * The body as plain bytes. None is asked for, but a proxy may compress an answer all the same;
 * bounds are counted behind this, on what comes out.
 */
export function plainBody(body: Readable, encoding: string | undefined): Readable {
  // Destroying a body that nobody listens to would end the process; its reader hears all the same.
  body.on('error', () => {});
  const decoder = decoderOf(encoding);
  if (decoder === null) return body;
  if (decoder === undefined) {
    body.destroy();
    throw new Failure('bad_answer', 'the answer has an unknown content encoding', {
      details: { problem: 'unreadable' },
    });
  }
  decoder.on('error', () => {});
  body.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => body.destroy());
  return body.pipe(decoder);
}

/** Null for a body that is plain already, undefined for an encoding that nobody knows. */
function decoderOf(encoding: string | undefined) {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return null;
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return createUnzip();
    case 'br':
      return createBrotliDecompress();
    case 'zstd':
      return createZstdDecompress();
    default:
      return undefined;
  }
}

/** The first bytes of a body as text; the rest is not waited for. */
export async function readStart(body: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
}

/**
 * The chunks of a body as they came. A stream's own iterator joins whatever has piled up, which
 * copies every byte once more; this one hands each chunk on, and lets at most a few pile up.
 */
export async function* chunksOf(body: Readable): AsyncGenerator<Buffer, void> {
  const waiting: Buffer[] = [];
  let end: { error: unknown } | null = null;
  let wake = () => {};
  const finish = (error: unknown) => {
    end ??= { error };
    wake();
  };
  body.on('data', (chunk: Buffer) => {
    waiting.push(chunk);
    if (waiting.length > 1) body.pause();
    wake();
  });
  body.on('end', () => finish(null));
  body.on('error', finish);
  body.on('close', () => finish(new Failure('cut', 'the body was closed')));
  try {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk !== undefined) {
        yield chunk;
        continue;
      }
      const ended = end as { error: unknown } | null;
      if (ended?.error) throw ended.error;
      if (ended !== null) return;
      if (body.isPaused()) body.resume();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    body.destroy();
  }
}
