import type { Logger } from 'pino';
import { untilTaken } from './patience.ts';
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

/** "Missing Access" and "Missing Permissions": the channel closed after the token died. */
const FORBIDDEN_CODES = new Set<number | string | null>([50_001, 50_013]);

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
  try {
    const sent = await untilTaken(() => writer.finish(body, uploads, id), log.child({ id }));
    remember(sent);
    return sent;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    if (error.kind === 'expired' || FORBIDDEN_CODES.has(error.code)) return 'unreachable';
    if (error.kind !== 'gone') throw error;
    disappear();
    return 'gone';
  }
}
