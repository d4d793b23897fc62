import { Readable } from 'node:stream';
import { Failure, type ImageFile } from '../../../src/domain.ts';
import { createRedact } from '../../../src/gemini/errors/classify.ts';
import { DEFAULT_LIMITS, type GeminiLimits } from '../../../src/gemini/limits.ts';
import type { ModelEvent } from '../../../src/gemini/model-events.ts';
import { readResponse } from '../../../src/gemini/response/read-response.ts';
import { createEventLoopShare } from '../../../src/gemini/stream/event-loop-share.ts';
import { createMemorySpool, type MemorySpool } from './memory-spool.ts';

/** What a reading came to, in a form that two readings can be compared by. */
export interface Reading {
  /** Events with each picture's bytes in place of its file. */
  events: SeenEvent[];
  /** The outcome's bytes; null when it failed. */
  picture: Buffer | null;
  failure: Failure | null;
  /** Whether asking again would pay twice. */
  sawImage: boolean;
}

export type SeenEvent = {
  type: string;
  text?: string;
  bytes?: Buffer;
  usage?: unknown;
};

export interface ReadOptions {
  limits?: Partial<GeminiLimits>;
  signal?: AbortSignal;
  spool?: MemorySpool;
  fetchPicture?: (url: string, spool: MemorySpool) => Promise<ImageFile>;
  /** What the connection ends with; nothing for a clean end. */
  error?: Error;
}

/** Reads an answer that arrives in these chunks. */
export function readChunks(chunks: Buffer[], options: ReadOptions = {}): Promise<Reading> {
  async function* body() {
    yield* chunks;
    if (options.error !== undefined) throw options.error;
  }
  return readBody(Readable.from(body(), { objectMode: true, highWaterMark: 1 }), options);
}

/** Reads an answer from whatever it comes out of. */
export async function readBody(body: Readable, options: ReadOptions = {}): Promise<Reading> {
  const spool = options.spool ?? createMemorySpool();
  const report = { bytes: 0, sawImage: false, files: [] as ImageFile[] };
  const events: SeenEvent[] = [];
  let picture: Buffer | null = null;
  let failure: Failure | null = null;
  try {
    const reading = readResponse(body, {
      loopShare: createEventLoopShare(),
      spool,
      owner: 'g1',
      // Small blocks, so that a small picture takes several writes.
      limits: { ...DEFAULT_LIMITS, blockBytes: 96, ...options.limits },
      redact: createRedact('the-key'),
      signal: options.signal ?? new AbortController().signal,
      report,
      isWhole: async ({ path }) => {
        const bytes = spool.files.get(path) ?? Buffer.of();
        return bytes.includes('IEND') || bytes.subarray(-2).equals(Buffer.of(0xff, 0xd9));
      },
      fetchPicture: (url) => {
        if (options.fetchPicture === undefined) throw new Failure('bad_answer', 'refused host');
        return options.fetchPicture(url, spool);
      },
    });
    for await (const event of reading) {
      if (event.type === 'outcome') picture = spool.files.get(event.image.path) ?? null;
      events.push(tell(event, spool));
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    failure = error;
  }
  for (const file of report.files) await spool.remove(file);
  if (spool.unfinished > 0 || spool.files.size > 0) throw new Error('a file was left behind');
  return { events: joinTexts(events), picture, failure, sawImage: report.sawImage };
}

export function readText(text: string, options?: ReadOptions): Promise<Reading> {
  return readChunks([Buffer.from(text)], options);
}

function tell(event: ModelEvent, spool: MemorySpool): SeenEvent {
  if (!('image' in event)) return { ...event };
  const { image, ...rest } = event;
  const bytes = spool.files.get(image.path);
  return { ...rest, ...(bytes === undefined ? {} : { bytes }) };
}

/** Texts that follow each other, as one: where they are parted means nothing. */
export function joinTexts(events: SeenEvent[]): SeenEvent[] {
  const joined: SeenEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (event.text !== undefined && last?.text !== undefined && last.type === event.type) {
      last.text += event.text;
    } else joined.push({ ...event });
  }
  return joined;
}

/** Equal for equal readings, and quick to compare. */
export function fingerprint({ events, failure }: Pick<Reading, 'events' | 'failure'>): string {
  const told = events.map((event) => ({ ...event, bytes: event.bytes?.toString('latin1') }));
  return JSON.stringify([told, failure?.kind, failure?.details]);
}
