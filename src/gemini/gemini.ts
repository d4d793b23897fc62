import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Agent } from 'undici';
import type { ModelKey } from '../domain.ts';
import { ignoreEvents, type Report } from '../events.ts';
import type { Spool } from '../images/spool/spool.ts';
import { createRedact } from './errors/classify.ts';
import { type GenerateOptions, ImageRequest, type ImageRequestDeps } from './image-request.ts';
import { DEFAULT_LIMITS, type GeminiLimits } from './limits.ts';
import type { ModelEvent, ModelRequest } from './model-events.ts';
import { createModelIds } from './model-ids.ts';
import { createEventLoopShare } from './stream/event-loop-share.ts';

export type { AttemptEnd, GenerateOptions } from './image-request.ts';

export interface Gemini {
  /** Asks for one picture. Ends with `outcome` or throws `Failure`. */
  generate(request: ModelRequest, options: GenerateOptions): AsyncGenerator<ModelEvent, void>;
  /** Of one generation, over all its runs. */
  readonly limits: Pick<GeminiLimits, 'attempts' | 'wholeTimeoutMs'>;
  /** Closes the connections; generations under way break. */
  close(): Promise<void>;
}

export interface GeminiDeps {
  baseUrl: URL;
  apiKey: string;
  models: Record<ModelKey, { id: string }>;
  spool: Spool;
  /** Hosts a model may name when it answers with an address instead of a picture. */
  imageHosts: readonly string[];
  log: Pick<Logger, 'warn'>;
  /** Gets the end of each request. */
  report?: Report;
  limits?: Partial<GeminiLimits>;
  now?: () => number;
  /** From 0 up to 1; spreads the retries. */
  random?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The model's service, as the rest of the bot knows it. */
export function createGemini(deps: GeminiDeps): Gemini {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  // All figures are HTTP/1.1; over HTTP/2 the pictures of several people would share one socket.
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: limits.connectTimeoutMs },
  });
  const shared: ImageRequestDeps = {
    report: ignoreEvents,
    now: Date.now,
    random: Math.random,
    sleep: (ms, signal) => delay(ms, undefined, { signal }),
    ...deps,
    limits,
    dispatcher,
    modelIds: createModelIds(deps.models),
    redact: createRedact(deps.apiKey),
    loopShare: createEventLoopShare(),
  };
  return {
    generate: (request, options) => new ImageRequest(request, options, shared).run(),
    limits,
    close: () => dispatcher.destroy(),
  };
}
