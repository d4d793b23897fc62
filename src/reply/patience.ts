import type { Logger } from 'pino';
import { ReplyError } from './reply-error.ts';

const DEFAULTS = {
  /** How often a write is tried when Discord is busy or the line breaks: about a minute in all. */
  attempts: 8,
  /** The first pause between those; it doubles each time, up to the longest. */
  backoffMs: 500,
  maxBackoffMs: 15_000,
  /** The longest that Discord may ask us to wait, each time. */
  maxRateLimitWaitMs: 60_000,
} as const;

/**
 * Sends until Discord has it: waits out rate limits, and tries again after faults that may pass.
 * Only for writes that may safely be repeated.
 *
 * @throws ReplyError of any other kind at once, and `busy` or `rate_limited` after the last attempt.
 */
export async function untilTaken<Answer>(
  send: () => Promise<Answer>,
  log: Logger,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const pauseMs = error instanceof ReplyError ? pauseBefore(error, attempt) : null;
      if (pauseMs === null) throw error;
      log.warn({ err: error, attempt, pauseMs }, 'not taken by Discord, trying again');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** How long to wait before the next try; null when it would not help. */
function pauseBefore(error: ReplyError, attempt: number): number | null {
  if (attempt >= DEFAULTS.attempts) return null;
  if (error.kind === 'rate_limited') {
    return Math.min(error.retryAfterMs, DEFAULTS.maxRateLimitWaitMs);
  }
  if (error.kind !== 'busy') return null;
  const backoffMs = DEFAULTS.backoffMs * 2 ** (attempt - 1);
  return Math.min(backoffMs, DEFAULTS.maxBackoffMs) * (0.75 + Math.random() / 2);
}
