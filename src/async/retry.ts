import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `work` until it succeeds.
 *
 * @param work Gets the number of the attempt, from 1.
 * @param pauseAfter Milliseconds to wait before the next attempt, after the error of this one; null
 *   gives up.
 * @param signal Ends the waiting and all further attempts.
 * @throws the last error when `pauseAfter` gives up; the signal's reason.
 */
export async function retry<Result>(
  work: (attempt: number) => Result | Promise<Result>,
  pauseAfter: (error: unknown, attempt: number) => number | null,
  signal?: AbortSignal,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      signal?.throwIfAborted();
      const pauseMs = pauseAfter(error, attempt);
      if (pauseMs === null) throw error;
      if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => {});
      signal?.throwIfAborted();
    }
  }
}
