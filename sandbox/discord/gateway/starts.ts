/** The logins of a day; beyond them the real Discord resets the bot's token. */
import type { StartLimit } from '../controls.ts';

const DAY_MS = 24 * 60 * 60_000;

/** A full day, by the given clock. */
export function createStarts(now: () => number) {
  let total = 1_000;
  let remaining = total;
  let resetsAt = now() + DAY_MS;

  const renew = () => {
    if (now() < resetsAt) return;
    remaining = total;
    resetsAt = now() + DAY_MS;
  };

  return {
    /** One login; they never get fewer than none. */
    take() {
      renew();
      remaining = Math.max(0, remaining - 1);
    },
    /** As `/gateway/bot` tells it. */
    tell() {
      renew();
      return { total, remaining, reset_after: resetsAt - now(), max_concurrency: 1 };
    },
    change(limit: Partial<StartLimit>) {
      total = limit.total ?? total;
      remaining = limit.remaining ?? remaining;
      if (limit.resetAfterMs !== undefined) resetsAt = now() + limit.resetAfterMs;
    },
  };
}
