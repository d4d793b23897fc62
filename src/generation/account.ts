import { addKnown, addUsage, costMicros, isAccountedFor } from '../admission/cost.ts';
import type { Usage } from '../domain.ts';
import type { AttemptEnd } from '../gemini/gemini.ts';
import type { Job, RunDeps } from './job.ts';

/** What the requests of one generation took, those of earlier processes included. */
export interface Account {
  /** A request was sent to the model. */
  asked: boolean;
  /** Notes what a request may cost that brought no picture. Never rejects. */
  note(end: AttemptEnd): Promise<void>;
  /** Everything so far, with the request that brought the picture. */
  withPicture(usage: Usage | null): Pick<Job, 'usage' | 'costMicros'> & { accounted: boolean };
}

/** `log` names the generation already. */
export function createAccount(
  job: Job,
  { generations, prices, log }: Pick<RunDeps, 'generations' | 'prices' | 'log'>,
): Account {
  const { id, request } = job;
  let sum = { usage: job.usage, costMicros: job.costMicros };

  const add = (usage: Usage | null, cost = costMicros(request.model, usage, prices)) => ({
    usage: addUsage(sum.usage, usage),
    costMicros: addKnown(sum.costMicros, cost),
  });

  return {
    asked: job.attempts > 0,
    async note({ kind, mayBeCharged, usage }) {
      if (mayBeCharged) sum = add(usage);
      // What was stopped from here had not told everything.
      const wasStopped = kind === 'cancelled' || kind === 'interrupted';
      const accounted = !mayBeCharged || (isAccountedFor(usage) && !wasStopped);
      try {
        await generations.recordAttempt(id, { ...sum, accounted });
      } catch (error) {
        // Not noted, it counts as one that may have cost anything, which keeps the estimate.
        log.error({ err: error }, 'the cost of a request could not be written down');
      }
    },
    withPicture(usage) {
      // The rest of the count is billed as words, at a small part of a picture's price.
      const accounted = usage !== null && usage.imageTokens !== null;
      return { ...(accounted ? add(usage) : add(usage, null)), accounted };
    },
  };
}
