import type { Logger } from 'pino';
import { type Patience, untilTaken } from './patience.ts';
import { isForbidden, isForNow, ReplyError } from './reply-error.ts';
import type { EditBody, Sent, Upload } from './rest.ts';
import type { ReplyWriter } from './writer.ts';

export interface LastMessageDeps {
  writer: ReplyWriter;
  log: Logger;
  remember: (sent: Sent) => void;
  /** Is told when the message was deleted. */
  disappear: () => void;
}

/** What goes into the last message, and how long it is tried. */
export interface LastMessage {
  /** The generation's id; also the nonce of a message that is posted anew. */
  id: string;
  body: EditBody;
  uploads?: readonly Upload[];
  patienceMs?: Patience['patienceMs'];
  /** Ends an upload under way, and the waiting between two. */
  signal?: AbortSignal;
}

/**
 * Sends the end of a reply until Discord has it. The same request may be repeated safely: an edit
 * writes the same message, and a new message carries a nonce.
 *
 * @returns what Discord answered; 'gone' when the message was deleted, 'unreachable' when neither
 *   token nor channel lets us write, 'refused' when Discord will never take this message.
 * @throws ReplyError `too_large` for a message with uploads, `busy` or `rate_limited` when patience
 *   ends; the signal's reason.
 */
export async function sendLast(
  { id, body, uploads = [], patienceMs, signal }: LastMessage,
  { writer, log, remember, disappear }: LastMessageDeps,
): Promise<Sent | 'gone' | 'unreachable' | 'refused'> {
  try {
    const write = () => writer.finish(body, uploads, { nonce: id, signal });
    const sent = await untilTaken(write, log.child({ id }), { patienceMs, signal });
    remember(sent);
    return sent;
  } catch (error) {
    if (!(error instanceof ReplyError)) throw error;
    // Forbidden: the channel closed after the token died.
    if (error.kind === 'expired' || isForbidden(error)) return 'unreachable';
    if (error.kind === 'gone') {
      disappear();
      return 'gone';
    }
    const mayHelp = isForNow(error) || (error.kind === 'too_large' && uploads.length > 0);
    if (mayHelp) throw error;
    log.error({ id, err: error }, 'Discord refuses the end of a reply');
    return 'refused';
  }
}
