import type { Readable } from 'node:stream';
import { isMarkedAsUntransferable } from 'node:worker_threads';
import { Failure } from '../../domain.ts';

/** What has arrived in a stream that gives no more of itself, since it broke. */
function* leftIn(body: Readable): Generator<Buffer, void> {
  for (;;) {
    const chunk: Buffer | null = body.read();
    if (chunk === null) return;
    yield chunk;
  }
}

/**
 * The first bytes of a body as text; the rest is not waited for. Of a body that breaks, or does not
 * end in time, what arrived.
 */
export async function readStart(
  body: Readable,
  { maxBytes, timeoutMs }: { maxBytes: number; timeoutMs: number },
): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => body.destroy(), timeoutMs);
  try {
    for await (const chunk of chunksOf(body)) {
      chunks.push(Buffer.from(chunk));
      bytes += chunk.length;
      if (bytes >= maxBytes) break;
    }
  } catch {
    // Whoever sent it had said what there was to say.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).toString('utf8', 0, maxBytes);
}

/**
 * The chunks of a body as they came. A stream's own iterator joins whatever has piled up, which
 * copies every byte once more; this one hands each chunk on, and lets at most a few pile up. A body
 * that breaks gives all that had arrived before its error.
 *
 * A chunk is good only until the next one is asked for: then its memory is given back. Left to
 * itself, V8 keeps it until it has marked the whole heap, which it does for every 30 MB that come:
 * a third of the time that a picture takes, and tens of megabytes.
 */
export async function* chunksOf(body: Readable): AsyncGenerator<Buffer, void> {
  const waiting: Buffer[] = [];
  let memory: ArrayBufferLike | null = null;
  let end: { error: unknown } | null = null;
  let wake = () => {};
  const finish = (error: unknown) => {
    if (end === null && error !== null) waiting.push(...leftIn(body));
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
        // What the socket read at once may come as several chunks of one memory, but one behind
        // the other: when another memory follows, nobody has any use for this one.
        if (memory !== null && memory !== chunk.buffer) giveBack(memory);
        memory = chunk.buffer;
        if (isGivenBack(memory)) throw new Failure('internal', 'a chunk came out of its order');
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
    // The last memory may also hold the beginning of the connection's next answer: it stays.
    body.destroy();
  }
}

/** Not where Node forbids it: many small buffers share one memory. */
function giveBack(memory: ArrayBufferLike): void {
  if (memory instanceof ArrayBuffer && !isMarkedAsUntransferable(memory)) memory.transfer(0);
}

/** A chunk of such memory would look like one without bytes. */
function isGivenBack(memory: ArrayBufferLike): boolean {
  return memory instanceof ArrayBuffer && memory.detached;
}
