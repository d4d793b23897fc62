import { addKnown, addUsage, costMicros, isAccountedFor } from '../../admission/cost.ts';
import type { Usage } from '../../domain.ts';
import type { AttemptEnd } from '../../gemini/gemini.ts';
import type { Job, RunDeps, Spent } from '../job.ts';

/** What the requests of one generation took, those of earlier processes included. */
export class RunTotals {
  readonly #job: Job;
  readonly #deps: Pick<RunDeps, 'generations' | 'prices' | 'log'>;
  /** What the store has as well, but for what it did not take down. */
  #spent: Spent;

  constructor(job: Job, deps: Pick<RunDeps, 'generations' | 'prices' | 'log'>) {
    this.#job = job;
    this.#deps = deps;
    this.#spent = job.spent;
  }

  get spent(): Spent {
    return this.#spent;
  }

  /** Whether any request was sent to the model. */
  get hasAsked(): boolean {
    return this.#spent.attempts > 0;
  }

  countRun(): void {
    this.#spent = { ...this.#spent, runs: this.#spent.runs + 1 };
  }

  /** @param attempts Requests over all runs, this one included. */
  countAttempts(attempts: number): void {
    this.#spent = { ...this.#spent, attempts };
  }

  /** Notes what a request may cost that brought no picture. Never rejects. */
  async noteFailedAttempt({ kind, mayBeCharged, usage }: AttemptEnd): Promise<void> {
    if (mayBeCharged) this.#spent = this.#with(usage, this.#costOf(usage));
    // What was stopped from here had not told everything.
    const wasStopped = kind === 'cancelled' || kind === 'interrupted';
    const accounted = !mayBeCharged || (isAccountedFor(usage) && !wasStopped);
    const { generations, log } = this.#deps;
    const { usage: total, costMicros } = this.#spent;
    try {
      const { id } = this.#job.subject;
      await generations.recordAttempt(id, { usage: total, costMicros, accounted });
    } catch (error) {
      // Not noted, it counts as one that may have cost anything, which keeps the estimate.
      log.error({ err: error }, 'the cost of a request could not be written down');
    }
  }

  /** Everything so far, with the request that brought the picture. */
  withImage(usage: Usage | null): { spent: Spent; accounted: boolean } {
    // The rest of the count is billed as words, at a small part of a picture's price.
    const accounted = usage !== null && usage.imageTokens !== null;
    return { spent: this.#with(usage, accounted ? this.#costOf(usage) : null), accounted };
  }

  #with(usage: Usage | null, cost: number | null): Spent {
    const { usage: before, costMicros: costBefore, ...counts } = this.#spent;
    const costMicros = addKnown(costBefore, cost);
    return { ...counts, usage: addUsage(before, usage), costMicros };
  }

  #costOf(usage: Usage | null): number | null {
    return costMicros(this.#job.subject.request.model, usage, this.#deps.prices);
  }
}
