import { setTimeout as delay } from 'node:timers/promises';
import { Agent } from 'undici';
import { ignoreEvents } from '../events.ts';
import { createRedact } from './errors/classify.ts';
import {
  type GeminiDeps,
  type GenerateOptions,
  ImageRequest,
  type ImageRequestDeps,
} from './image-request.ts';
import { DEFAULT_LIMITS, type GeminiLimits } from './limits.ts';
import type { ModelEvent, ModelRequest } from './model-events.ts';
import { ModelIds } from './model-ids.ts';
import { createEventLoopShare } from './stream/event-loop-share.ts';

export type { AttemptEnd, GeminiDeps, GenerateOptions } from './image-request.ts';

export interface Gemini {
  /** Asks for one picture. Ends with `outcome` or throws `Failure`. */
  generate(request: ModelRequest, options: GenerateOptions): AsyncGenerator<ModelEvent, void>;
  /** Of one generation, over all its runs. */
  readonly limits: Pick<GeminiLimits, 'attempts' | 'wholeTimeoutMs'>;
  /** Closes the connections; generations under way break. */
  close(): Promise<void>;
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
    modelIds: new ModelIds(deps.models),
    redact: createRedact(deps.apiKey),
    loopShare: createEventLoopShare(),
  };
  return {
    generate: (request, options) => new ImageRequest(request, options, shared).run(),
    limits,
    close: () => dispatcher.destroy(),
  };
}
