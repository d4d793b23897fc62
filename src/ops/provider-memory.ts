import { type ModelKey, type ProviderProblem, REFUSALS } from '../domain.ts';
import type { BotEvent } from '../events.ts';

/** What the provider last said about our access, as far as it needs the operator. */
export interface ProviderRefusal {
  model: ModelKey;
  problem: ProviderProblem;
  /** Epoch milliseconds. */
  at: number;
}

/** Problems of the account, which a success with any model proves to be over. */
const OF_THE_ACCOUNT: ReadonlySet<ProviderProblem> = new Set([
  'key',
  'balance',
  'tls',
  'redirect',
  'address',
]);

/** Ends that prove that the provider took the key and the model: who declines has taken both. */
const ACCESS_GRANTED: ReadonlySet<string> = new Set(['ok', ...REFUSALS]);

const DAY_MS = 86_400_000;

/**
 * Remembers the provider's last answers: nobody but a real request learns that a key was revoked
 * or that the balance is used up, and no request is spent on asking.
 */
export class ProviderMemory {
  readonly #now: () => number;
  /** By model, what the provider said against it last. */
  readonly #standing = new Map<ModelKey, ProviderRefusal>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes note of how requests to the model end. */
  note(event: BotEvent): void {
    if (event.type !== 'model_attempt_ended') return;
    const { model, outcome, problem, followedBy } = event;
    // A model that is gone is followed by its successor, and is no fault of the set-up.
    if (followedBy === 'successor') return;
    if (outcome === 'misconfigured' || problem === 'daily_limit') {
      this.#standing.set(model, { model, problem: problem as ProviderProblem, at: this.#now() });
    } else if (ACCESS_GRANTED.has(outcome)) {
      for (const { model: other, problem } of [...this.#standing.values()]) {
        if (other === model || OF_THE_ACCOUNT.has(problem)) this.#standing.delete(other);
      }
    }
  }

  /** What stands in the way now; empty when the last answers were good, or there were none. */
  refusals(): ProviderRefusal[] {
    // A limit of a day frees by itself, also where nobody asks for anything in the meantime.
    return [...this.#standing.values()].filter(
      ({ problem, at }) => problem !== 'daily_limit' || this.#now() - at < DAY_MS,
    );
  }
}
