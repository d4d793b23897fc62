import type { Logger } from 'pino';
import { findFile } from './message-file.ts';
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
  /** The name of the file that Discord's message must have, or it was not taken. */
  mustHave?: string;
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
  { id, body, uploads = [], mustHave, patienceMs, signal }: LastMessage,
  { writer, log, remember, disappear }: LastMessageDeps,
): Promise<Sent | 'gone' | 'unreachable' | 'refused'> {
  try {
    const write = async () => {
      const answer = await writer.finish(body, uploads, { nonce: id, signal });
      if (mustHave !== undefined) requireFile(answer, mustHave);
      return answer;
    };
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

/** @throws ReplyError `busy` where the message does not have the file. */
function requireFile({ message }: Sent, name: string): void {
  if (findFile(message, (each) => each === name) !== null) return;
  throw new ReplyError('busy', {
    message: 'the message does not name its file',
    status: 200,
    method: 'PATCH',
    route: '/webhooks/:application/:token/messages/@original',
  });
}
