import type { Logger } from 'pino';
import { retry } from '../async/retry.ts';
import type { ReplyTarget } from '../domain.ts';
import { isTransient, mayHaveWorked, ReplyError } from './errors.ts';
import type { MessagePlace, ReplyRest } from './rest.ts';

const DEFAULTS = {
  retryForMs: 60_000,
  /** The first pause between attempts; it doubles each time, up to the longest. */
  backoffMs: 500,
  maxBackoffMs: 15_000,
  /** The longest that Discord may ask us to wait, each time. */
  maxRateLimitWaitMs: 60_000,
} as const;

export interface RetryOptions {
  /** From the first attempt to the start of the last, also by the error; 1 min when left out. */
  retryForMs?: number | ((error: ReplyError) => number);
  /**
   * For a write that is not idempotent: how often it may be sent where each attempt before may
   * have had its effect. Any number when left out.
   */
  maxCopies?: number;
  /** Ends the waiting; what was sent already may have had its effect. */
  signal?: AbortSignal;
}

/**
 * Sends until Discord accepts it: waits out rate limits, and tries again after transient errors.
 *
 * @throws ReplyError of any other kind at once, and `busy` or `rate_limited` after the last
 *   attempt; the signal's reason.
 */
export async function retryUntilAccepted<Answer>(
  send: () => Promise<Answer>,
  log: Logger,
  options: RetryOptions = {},
): Promise<Answer> {
  const { retryForMs = DEFAULTS.retryForMs, maxCopies = Number.POSITIVE_INFINITY } = options;
  const startedAt = performance.now();
  let possibleCopies = 0;
  const pauseAfter = (error: unknown, attempt: number): number | null => {
    if (!(error instanceof ReplyError) || !isTransient(error)) return null;
    if (mayHaveWorked(error)) possibleCopies += 1;
    if (possibleCopies >= maxCopies) return null;
    const pauseMs = pauseBefore(error, attempt);
    const endsAfterMs = typeof retryForMs === 'number' ? retryForMs : retryForMs(error);
    if (performance.now() - startedAt + pauseMs > endsAfterMs) return null;
    log.warn({ err: error, attempt, pauseMs }, 'not accepted by Discord, trying again');
    return pauseMs;
  };
  return await retry(send, pauseAfter, options.signal);
}

/** The two ways to remove one of the bot's own messages. Both wait while Discord is busy. */
export function createDeletions({ rest, log }: { rest: ReplyRest; log: Logger }) {
  return {
    /** By the bot's own token. One that is gone already is no error. */
    deleteMessage: (place: MessagePlace) =>
      retryUntilAccepted(() => rest.deleteInChannel(place), log),
    /** The message that a click was acknowledged on, by the click's own token. */
    deleteByClick: (click: ReplyTarget) =>
      retryUntilAccepted(() => rest.deleteOriginal(click), log),
  };
}

/** How long to wait before the next attempt. */
function pauseBefore(error: ReplyError, attempt: number): number {
  const backoffMs = Math.min(DEFAULTS.backoffMs * 2 ** (attempt - 1), DEFAULTS.maxBackoffMs);
  const requestedMs = Math.min(error.retryAfterMs, DEFAULTS.maxRateLimitWaitMs);
  // What is sent again may be a whole picture, so even a rate limit that asks for nothing gets
  // the backoff.
  return Math.max(requestedMs, backoffMs * (0.75 + Math.random() / 2));
}
