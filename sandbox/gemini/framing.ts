import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { mergeChunks, type ResponseChunk } from './chunks.ts';
import { type Random, seededRandom } from './picture/random.ts';

/** How many bytes one write to the socket carries; a range is drawn anew for each. */
export type ChunkBytes = number | { min: number; max: number };

/** A multiple of three, so that the pieces of a base64 text join without padding. */
const ENCODE_BYTES = 98_304;

export interface SocketWriter {
  /** Waits while the socket is full; rejects when the client has left. */
  write(piece: string | Buffer): Promise<void>;
  /** So far, of the body. */
  bytes(): number;
}

export function createWriter(
  response: ServerResponse,
  signal: AbortSignal,
  chunkBytes: ChunkBytes,
): SocketWriter {
  const random = seededRandom('chunks');
  let bytes = 0;
  return {
    bytes: () => bytes,
    write: async (piece) => {
      const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
      for (let start = 0; start < buffer.length; ) {
        signal.throwIfAborted();
        const end = start + nextLength(chunkBytes, random);
        const slice = buffer.subarray(start, end);
        bytes += slice.length;
        start = end;
        if (!response.write(slice)) await once(response, 'drain', { signal });
      }
    },
  };
}

function nextLength(chunkBytes: ChunkBytes, random: Random): number {
  if (typeof chunkBytes === 'number') return chunkBytes;
  return random.whole(chunkBytes.min, chunkBytes.max);
}

/** Puts the response objects of one answer on the wire. */
export interface Framing {
  contentType: string;
  send(chunk: ResponseChunk, upTo?: number): Promise<void>;
  /** Text between events; only events have such a place. */
  raw(text: string): Promise<void>;
  finish(): Promise<void>;
}

export interface EventOptions {
  /** Google sends CRLF, gateways LF. */
  newline: '\n' | '\r\n';
  /** `data: [DONE]` at the end, as some gateways add. */
  done: boolean;
  /** Leaves out the blank line after the last event. */
  openEnd: boolean;
}

export function eventFraming(writer: SocketWriter, options: EventOptions): Framing {
  const { newline } = options;
  // The blank line of an event is written before the next one, since the last may go without.
  let pending = '';
  return {
    contentType: 'text/event-stream',
    send: async (chunk, upTo) => {
      const prefix = `${pending}data: `;
      pending = newline;
      await writeBody(writer, prefix, chunk, newline, upTo);
      // Whoever waits for the picture must not have to wait for what follows it.
      if (!options.openEnd && upTo === undefined) {
        await writer.write(pending);
        pending = '';
      }
    },
    raw: async (text) => {
      await writer.write(pending + text.replaceAll('\n', newline));
      pending = '';
    },
    finish: async () => {
      if (options.done) await writer.write(`${pending}data: [DONE]${newline}`);
      else if (!options.openEnd) await writer.write(pending);
      if (options.done && !options.openEnd) await writer.write(newline);
    },
  };
}

/** One JSON array, an element at a time, as Google streams without `alt=sse`. */
export function arrayFraming(writer: SocketWriter): Framing {
  let prefix = '[';
  return {
    contentType: 'application/json; charset=UTF-8',
    send: async (chunk, upTo) => {
      const before = prefix;
      prefix = ',\r\n';
      await writeBody(writer, before, chunk, '\n', upTo);
    },
    raw: async () => undefined,
    finish: async () => {
      await writer.write(prefix === '[' ? '[]' : ']\n');
    },
  };
}

/** One JSON object at the very end, as `generateContent` answers. */
export function objectFraming(writer: SocketWriter): Framing {
  const chunks: ResponseChunk[] = [];
  return {
    contentType: 'application/json; charset=UTF-8',
    send: async (chunk, upTo) => {
      chunks.push(chunk);
      if (upTo !== undefined) await writeBody(writer, '', mergeChunks(chunks), '', upTo);
    },
    raw: async () => undefined,
    finish: async () => {
      await writeBody(writer, '', mergeChunks(chunks), '\n');
    },
  };
}

/** Writes one response object, its files encoded piece by piece; `upTo` breaks it off at that share. */
async function writeBody(
  writer: SocketWriter,
  prefix: string,
  chunk: ResponseChunk,
  suffix: string,
  upTo?: number,
): Promise<void> {
  const text = JSON.stringify(chunk.body);
  const encoded = [...chunk.files.values()].reduce((sum, file) => sum + (file.length * 4) / 3, 0);
  let left = upTo === undefined ? Number.POSITIVE_INFINITY : (text.length + encoded) * upTo;
  const put = async (piece: string): Promise<void> => {
    if (left <= 0) return;
    const kept = piece.length > left ? piece.slice(0, Math.floor(left)) : piece;
    left -= piece.length;
    await writer.write(kept);
  };
  await put(prefix);
  for (const piece of text.split(/(@@[0-9a-f-]{36}@@)/)) {
    const file = chunk.files.get(piece);
    if (file === undefined) {
      await put(piece);
      continue;
    }
    for (let start = 0; start < file.length && left > 0; start += ENCODE_BYTES) {
      await put(file.toString('base64', start, Math.min(start + ENCODE_BYTES, file.length)));
    }
  }
  await put(suffix);
}
