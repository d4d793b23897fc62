import type { Logger } from 'pino';
import { isForbidden, isTransient, ReplyError } from '../discord-http/errors.ts';
import { findFile } from '../discord-http/message-file.ts';
import type { EditBody, Sent, Upload } from '../discord-http/rest.ts';
import { type RetryOptions, retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import type { Texts } from '../texts/english.ts';
import { bareBody, mayHelpPlainer, type Plainness, type Wording } from './wording.ts';
import type { ReplyWriter } from './writer.ts';

export interface LastMessageDeps {
  writer: ReplyWriter;
  wording: Wording;
  texts: Texts;
  log: Logger;
  remember: (sent: Sent) => void;
  /** Is told when the message was deleted. */
  disappear: () => void;
}

/** What goes into the last message, and how long it is tried. */
export interface LastMessage {
  /** The generation's id; also the nonce of a message that is posted anew. */
  id: string;
  /** The message, and again without the words of people and models where Discord refuses it. */
  render: (plainness: Exclude<Plainness, 'bare'>) => {
    body: EditBody;
    uploads: readonly Upload[];
  };
  /** The name of the file that Discord's message must have, or it was not taken. */
  mustHave?: string;
  patienceMs?: RetryOptions['retryForMs'];
  /** Ends an upload under way, and the waiting between two. */
  signal?: AbortSignal;
}

/**
 * Sends the end of a reply until Discord has it, plainer each time that Discord refuses it. The same
 * request may be repeated safely: an edit writes the same message, and a new message carries a
 * nonce.
 *
 * @returns what Discord answered; 'gone' when the message was deleted, 'unreachable' when neither
 *   token nor channel lets us write, 'refused' when Discord will never take this message.
 * @throws ReplyError `too_large` for a message with uploads, `busy` or `rate_limited` when patience
 *   ends, and what the token may not do as long as it lives; the signal's reason.
 */
export async function sendLast(
  last: LastMessage,
  deps: LastMessageDeps,
): Promise<Sent | 'gone' | 'unreachable' | 'refused'> {
  const { writer, wording, log, remember, disappear } = deps;
  const { id } = last;
  for (;;) {
    const { body, uploads } = renderAs(wording.plainness, last, deps);
    try {
      const sent = await send(body, uploads, last, deps);
      remember(sent);
      return sent;
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      if (error.kind === 'gone') {
        disappear();
        return 'gone';
      }
      // A closed channel: the only way that is left once the token has died.
      const isClosed = error.kind === 'expired' || isForbidden(error);
      if (isClosed && !writer.isTokenAlive()) return 'unreachable';
      const mayPass = isClosed || isTransient(error);
      if (mayPass || (error.kind === 'too_large' && uploads.length > 0)) throw error;
      if (mayHelpPlainer(error) && wording.makePlainer()) {
        log.warn({ id, err: error }, 'Discord refuses the end of a reply; a plainer one follows');
        continue;
      }
      log.error({ id, err: error }, 'Discord refuses the end of a reply');
      return 'refused';
    }
  }
}

function renderAs(plainness: Plainness, { id, render }: LastMessage, { texts }: LastMessageDeps) {
  if (plainness !== 'bare') return render(plainness);
  const { body, uploads } = render('plain');
  return { body: bareBody(body, id, texts), uploads };
}

async function send(
  body: EditBody,
  uploads: readonly Upload[],
  { id, mustHave, patienceMs, signal }: LastMessage,
  { writer, log }: LastMessageDeps,
): Promise<Sent> {
  const write = async () => {
    const answer = await writer.finish(body, uploads, { nonce: id, signal });
    if (mustHave !== undefined) requireFile(answer, mustHave);
    return answer;
  };
  return await retryUntilAccepted(write, log.child({ id }), { retryForMs: patienceMs, signal });
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
