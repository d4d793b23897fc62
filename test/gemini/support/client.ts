import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Failure } from '../../../src/domain.ts';
import type { BotEvent } from '../../../src/events.ts';
import {
  type AttemptEnd,
  createGemini,
  type GeminiDeps,
  type GenerateOptions,
} from '../../../src/gemini/gemini.ts';
import type { ModelEvent, ModelRequest } from '../../../src/gemini/model-events.ts';
import { DiskSpool } from '../../../src/images/spool/spool.ts';
import { type Answerer, startModelServer } from './model-server.ts';

export const REQUEST = {
  id: 'g1',
  model: 'flash',
  prompt: 'a red fox',
  ratio: '16:9',
  size: '1K',
  references: [],
} as const satisfies ModelRequest;

/** The real client against a server on loopback, a spool on disk, and a clock that does not wait. */
export async function startClient(answer: Answerer, overrides: Partial<GeminiDeps> = {}) {
  const server = await startModelServer(answer);
  const directory = await mkdtemp(join(tmpdir(), 'darkroom-gemini-'));
  const spool = new DiskSpool({ directory, maxBytes: 50_000_000 });
  const waits: number[] = [];
  const lines: string[] = [];
  const reported: BotEvent[] = [];
  const gemini = createGemini({
    baseUrl: server.baseUrl,
    apiKey: 'the-secret&key',
    models: { flash: { id: 'flash-id' }, pro: { id: 'pro-id' } },
    spool,
    imageHosts: [server.baseUrl.host],
    log: pino({ level: 'debug' }, { write: (line: string) => lines.push(line) }),
    report: (event) => reported.push(event),
    random: () => 0.5,
    sleep: async (ms) => {
      waits.push(ms);
    },
    ...overrides,
  });
  return {
    server,
    spool,
    gemini,
    /** Milliseconds of each wait before another attempt. */
    waits,
    /** What was logged. */
    lines,
    /** What was reported, oldest first. */
    reported,
    files: () => readdir(directory),
    /** Runs one generation to its end. */
    async generate(request: Partial<ModelRequest> = {}, options: Partial<GenerateOptions> = {}) {
      const events: ModelEvent[] = [];
      const ends: AttemptEnd[] = [];
      const afterAttempt = async (end: AttemptEnd) => {
        ends.push(end);
      };
      let failure: Failure | null = null;
      const signal = options.signal ?? new AbortController().signal;
      try {
        for await (const event of gemini.generate(
          { ...REQUEST, ...request },
          { afterAttempt, ...options, signal },
        )) {
          events.push(event);
        }
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        failure = error;
      }
      const outcome = events.find((event) => event.type === 'outcome') ?? null;
      return { events, failure, outcome, ends, types: events.map((event) => event.type) };
    },
    async close() {
      await gemini.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
