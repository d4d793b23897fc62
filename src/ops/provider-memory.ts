import { DAILY_LIMIT, type ModelKey } from '../domain.ts';

/** What the provider last said about our access, as far as it needs the operator. */
export interface ProviderRefusal {
  model: ModelKey;
  /** A `SetUpProblem`, or `DAILY_LIMIT`. */
  problem: string;
  /** Epoch milliseconds. */
  at: number;
}

/**
 * Remembers the provider's last answers: nobody but a real request learns that a key was revoked
 * or that the balance is used up, and no request is spent on asking.
 */
export interface ProviderMemory {
  accepted(model: ModelKey): void;
  refused(model: ModelKey, problem: string): void;
  /** What stands in the way now; empty when the last answers were good, or there were none. */
  refusals(): ProviderRefusal[];
}

/** Problems of the account, which a success with any model proves to be over. */
const OF_THE_ACCOUNT: ReadonlySet<string> = new Set([
  'key',
  'balance',
  'tls',
  'redirect',
  'address',
]);

const DAY_MS = 86_400_000;

export function createProviderMemory(now: () => number): ProviderMemory {
  const standing = new Map<ModelKey, ProviderRefusal>();
  return {
    accepted(model) {
      standing.delete(model);
      for (const { model: other, problem } of [...standing.values()]) {
        if (OF_THE_ACCOUNT.has(problem)) standing.delete(other);
      }
    },
    refused(model, problem) {
      standing.set(model, { model, problem, at: now() });
    },
    // A limit of a day frees by itself, also where nobody asks for anything in the meantime.
    refusals: () =>
      [...standing.values()].filter(
        ({ problem, at }) => problem !== DAILY_LIMIT || now() - at < DAY_MS,
      ),
  };
}
