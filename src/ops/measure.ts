import type { Logger } from 'pino';
import { DAILY_LIMIT, Failure, type ModelKey } from '../domain.ts';
import type { ModelEvent } from '../gemini/events.ts';
import type { Gemini } from '../gemini/gemini.ts';
import type { GenerationService } from '../generation/service.ts';
import type { Fitter } from '../images/fit/fitter.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Generations, StoredGeneration } from '../store/store.ts';
import type { Metrics } from './metrics.ts';
import type { ProviderMemory } from './provider-memory.ts';

/**
 * Puts meters around what the modules hand to each other, so that none knows that it is measured.
 * Each function returns a stand-in that behaves exactly as what it was given.
 */

/** Counts what limits and rules refuse. */
export function measureService(service: GenerationService, metrics: Metrics): GenerationService {
  // By prototype: a copy would turn the counts of what runs into snapshots.
  return Object.assign(Object.create(service) as GenerationService, {
    async submit(submission: Parameters<GenerationService['submit']>[0]) {
      try {
        return await service.submit(submission);
      } catch (error) {
        if (error instanceof Failure && error.kind === 'limit') {
          const { refusal, problem } = error.details;
          metrics.refusals.inc({ limit: refusal?.limit ?? problem ?? 'other' });
        }
        throw error;
      }
    },
  });
}

/**
 * Tells the story of each generation by the store's own moments, at the three writes that every
 * one goes through: so it is right across restarts, and for every way to an end. Each end is a line
 * in the log, too.
 */
export function measureGenerations(
  generations: Generations,
  { metrics, log }: { metrics: Metrics; log: Logger },
): Generations {
  async function tell(id: string, how: (generation: StoredGeneration) => void): Promise<void> {
    // A figure is never worth a generation.
    try {
      const generation = await generations.get(id);
      if (generation !== null) how(generation);
    } catch (error) {
      log.debug({ id, err: error }, 'not measured');
    }
  }

  return {
    ...generations,
    async start(id) {
      const isOurs = await generations.start(id);
      if (isOurs) {
        await tell(id, ({ model, runs, startedAt, createdAt }) => {
          if (runs === 1 && startedAt !== null) {
            metrics.queueWait.observe({ model }, seconds(startedAt - createdAt));
          }
        });
      }
      return isOurs;
    },
    async recordImage(id, made) {
      const isOurs = await generations.recordImage(id, made);
      if (isOurs) {
        await tell(id, ({ model, size, startedAt, receivedAt }) => {
          metrics.imageBytes.observe({ model, size }, made.image.bytes);
          if (startedAt === null || receivedAt === null) return;
          metrics.developed.observe({ model, size }, seconds(receivedAt - startedAt));
        });
      }
      return isOurs;
    },
    async conclude(id, conclusion) {
      const isOurs = await generations.conclude(id, conclusion);
      if (isOurs) {
        await tell(id, (generation) => {
          countEnd(generation, metrics);
          logEnd(generation, log);
        });
      }
      return isOurs;
    },
  };
}

/** `delivered`, `unreachable` (made, and nothing could show it), or why there is no picture. */
function outcomeOf({ state, failure }: StoredGeneration): string {
  if (failure?.details.problem === 'unreachable') return 'unreachable';
  return failure?.kind ?? state;
}

function logEnd(generation: StoredGeneration, log: Logger): void {
  const { id, replyId, attempts, runs, usage, costMicros } = generation;
  const { createdAt, concludedAt } = generation;
  const outcome = outcomeOf(generation);
  const ms = elapsedMs(createdAt, concludedAt ?? createdAt);
  const tokens = usage?.totalTokens ?? null;
  log.info({ id, replyId, outcome, ms, attempts, runs, tokens, costMicros }, 'ended');
}

function countEnd(generation: StoredGeneration, metrics: Metrics): void {
  const { model, size, state, usage, costMicros } = generation;
  const { createdAt, concludedAt, attachment } = generation;
  const outcome = outcomeOf(generation);
  metrics.generations.inc({ model, size, outcome });
  if (state === 'delivered' && concludedAt !== null) {
    metrics.delivered.observe({ model, size }, seconds(concludedAt - createdAt));
    metrics.deliveredBytes.inc(attachment?.bytes ?? 0);
  }
  if (costMicros !== null) metrics.costDollars.inc({ model }, costMicros / 1_000_000);
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage ?? {};
  const kinds = { prompt: promptTokens, image: imageTokens, thinking: thoughtTokens };
  for (const [kind, count] of Object.entries({ ...kinds, total: totalTokens })) {
    if (count != null) metrics.tokens.inc({ model, kind }, count);
  }
}

/** Counts attempts and retries, times the first thought, and remembers what the provider says. */
export function measureGemini(
  gemini: Gemini,
  { metrics, memory, now }: { metrics: Metrics; memory: ProviderMemory; now: () => number },
): Gemini {
  function ended(model: ModelKey, outcome: string, problem?: string): void {
    metrics.attempts.inc({ model, outcome });
    if (outcome === 'misconfigured' || problem === DAILY_LIMIT)
      memory.refused(model, problem ?? 'unknown');
    // Who declines a prompt or draws nothing has taken the key and the model.
    else if (ACCESS_GRANTED.has(outcome)) memory.accepted(model);
  }

  async function* generate(...args: Parameters<Gemini['generate']>): AsyncGenerator<ModelEvent> {
    const [{ model }] = args;
    let sentAt: number | null = null;
    let isOpen = false;
    let hasThought = false;
    try {
      for await (const event of gemini.generate(...args)) {
        if (event.type === 'attempt') {
          // A model that is gone is followed by its successor at once, and is no fault of the set-up.
          if (event.after) metrics.attempts.inc({ model, outcome: event.after });
          isOpen = true;
          sentAt ??= now();
        } else if (event.type === 'waiting') {
          isOpen = false;
          ended(model, event.kind);
          metrics.retries.inc({ model, reason: event.kind });
        } else if (event.type === 'thought' && !hasThought && sentAt !== null) {
          hasThought = true;
          metrics.firstThought.observe({ model }, seconds(now() - sentAt));
        } else if (event.type === 'outcome') {
          isOpen = false;
          ended(model, 'ok');
        }
        yield event;
      }
    } catch (error) {
      const failure = error instanceof Failure ? error : null;
      if (isOpen) ended(model, failure?.kind ?? 'internal', failure?.details.problem);
      throw error;
    }
  }

  return { ...gemini, generate };
}

const ACCESS_GRANTED: ReadonlySet<string> = new Set([
  'ok',
  'refused_prompt',
  'refused_image',
  'no_image',
]);

/** Counts and times the fits that were more than a look at the size. */
export function measureFitter(fitter: Fitter, metrics: Metrics): Fitter {
  return {
    async fit(...args) {
      const beganAt = performance.now();
      const finished = (outcome: string) => {
        metrics.fits.inc({ outcome });
        metrics.fitSeconds.observe(seconds(performance.now() - beganAt));
      };
      try {
        const fitted = await fitter.fit(...args);
        if (fitted.reencoded !== null) finished('ok');
        return fitted;
      } catch (error) {
        finished(error instanceof Failure ? error.kind : 'stopped');
        throw error;
      }
    },
  };
}

function seconds(ms: number): number {
  return Math.max(0, ms) / 1_000;
}
