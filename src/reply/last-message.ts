import type { Logger } from 'pino';
import { ReplyError } from './reply-error.ts';
import type { EditBody, Sent, Upload } from './rest.ts';
import type { ReplyWriter } from './writer.ts';

export interface LastMessageDeps {
  writer: ReplyWriter;
  log: Logger;
  remember: (sent: Sent) => void;
  /** Is told when the message was deleted. */
  disappear: () => void;
}

const DEFAULTS = {
  /** How often the last message is tried when Discord is busy or the line breaks. */
  attempts: 6,
  /** The first pause between those; it doubles each time. */
  backoffMs: 500,
  /** The longest that Discord may ask us to wait, each time. */
  maxRateLimitWaitMs: 60_000,
} as const;

/**
 * Sends the end of a reply until Discord has it. The same request may be repeated safely: an edit
 * writes the same message, and a new message carries a nonce.
 *
 * @returns what Discord answered; 'gone' when the message was deleted, 'unreachable' when neither
 *   token nor channel lets us write.
 * @throws ReplyError `too_large`, `rejected`, or `busy` after the last attempt.
 */
export async function sendLast(
  body: EditBody,
  uploads: readonly Upload[],
  id: string,
  { writer, log, remember, disappear }: LastMessageDeps,
): Promise<Sent | 'gone' | 'unreachable'> {
  for (let attempt = 1; ; attempt++) {
    try {
      const sent = await writer.finish(body, uploads, id);
      remember(sent);
      return sent;
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      if (error.kind === 'gone') {
        disappear();
        return 'gone';
      }
      if (error.kind === 'expired' || isForbidden(error)) return 'unreachable';
      const pauseMs = pauseBefore(error, attempt);
      if (pauseMs === null) throw error;
      log.warn({ id, err: error, attempt, pauseMs }, 'last message not taken, trying again');
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}

/** "Missing Access" and "Missing Permissions": the channel closed after the token died. */
function isForbidden(error: ReplyError): boolean {
  return error.code === 50_001 || error.code === 50_013;
}

/** How long to wait before the last message is sent once more; null when it would not help. */
function pauseBefore(error: ReplyError, attempt: number): number | null {
  if (attempt >= DEFAULTS.attempts) return null;
  if (error.kind === 'rate_limited') {
    return Math.min(error.retryAfterMs, DEFAULTS.maxRateLimitWaitMs);
  }
  if (error.kind !== 'busy') return null;
  return DEFAULTS.backoffMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
}
