import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isForNow, mayHaveWorked, ReplyError } from './errors.ts';

const DEFAULTS = {
  /** How long a write is tried when Discord is busy or the line breaks. */
  patienceMs: 60_000,
  /** The first pause between tries; it doubles each time, up to the longest. */
  backoffMs: 500,
  maxBackoffMs: 15_000,
  /** The longest that Discord may ask us to wait, each time. */
  maxRateLimitWaitMs: 60_000,
} as const;

export interface Patience {
  /** From the first try to the beginning of the last, also by what went wrong; 1 min when left out. */
  patienceMs?: number | ((error: ReplyError) => number);
  /**
   * For a write that does it twice when it is sent twice: how often it may be sent where each
   * before may have had its effect. Any number when left out.
   */
  copies?: number;
  /** Ends the waiting; what was sent already may have had its effect. */
  signal?: AbortSignal;
}

/**
 * Sends until Discord has it: waits out rate limits, and tries again after faults that may pass.
 *
 * @throws ReplyError of any other kind at once, and `busy` or `rate_limited` after the last try;
 *   the signal's reason.
 */
export async function untilTaken<Answer>(
  send: () => Promise<Answer>,
  log: Logger,
  { patienceMs = DEFAULTS.patienceMs, copies = Number.POSITIVE_INFINITY, signal }: Patience = {},
): Promise<Answer> {
  const began = performance.now();
  let mayBeThere = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ReplyError) || !isForNow(error)) throw error;
      if (mayHaveWorked(error)) mayBeThere += 1;
      if (mayBeThere >= copies) throw error;
      const pauseMs = pauseBefore(error, attempt);
      const endsAfterMs = typeof patienceMs === 'number' ? patienceMs : patienceMs(error);
      if (performance.now() - began + pauseMs > endsAfterMs) throw error;
      log.warn({ err: error, attempt, pauseMs }, 'not taken by Discord, trying again');
      await pause(pauseMs, signal);
    }
  }
}

/** How long to wait before the next try. */
function pauseBefore(error: ReplyError, attempt: number): number {
  const backoffMs = Math.min(DEFAULTS.backoffMs * 2 ** (attempt - 1), DEFAULTS.maxBackoffMs);
  const wishedMs = Math.min(error.retryAfterMs, DEFAULTS.maxRateLimitWaitMs);
  // What is sent again may be a whole picture: a limit that explains itself badly is not hammered.
  return Math.max(wishedMs, backoffMs * (0.75 + Math.random() / 2));
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch {
    signal?.throwIfAborted();
  }
}
