import type { Logger } from 'pino';
import { isForbidden, isTransient, ReplyError } from '../discord-http/errors.ts';
import { findFile } from '../discord-http/message-file.ts';
import type { Upload } from '../discord-http/multipart.ts';
import type { EditBody, Sent } from '../discord-http/rest.ts';
import { type RetryOptions, retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import type { Texts } from '../texts/english.ts';
import { bareBody, mayHelpPlainer, type Plainness, type Wording } from './wording.ts';
import type { ReplyWriter } from './writer.ts';

export interface FinalUpdateDeps {
  writer: ReplyWriter;
  wording: Wording;
  texts: Texts;
  log: Logger;
  /** Is told Discord's answer. */
  onSent: (sent: Sent) => void;
  /** Is told when the message was deleted. */
  onDeleted: () => void;
}

/** The last state of a picture or of its reply, and how long it is tried. */
export interface FinalUpdate {
  /** The generation's id; also the nonce of a message that is posted anew. */
  id: string;
  /** The message, and again without the words of people and models where Discord refuses it. */
  render: (plainness: Exclude<Plainness, 'bare'>) => {
    body: EditBody;
    uploads: readonly Upload[];
  };
  /** The name of the file that Discord's message must have, or it was not accepted. */
  requiredFile?: string;
  retryForMs?: RetryOptions['retryForMs'];
  /** Ends an upload under way, and the waiting between two. */
  signal?: AbortSignal;
}

/**
 * Sends a final update until Discord accepts it, plainer each time that Discord refuses it. The
 * same request may be repeated safely: an edit writes the same message, and a new message carries
 * a nonce.
 *
 * @returns what Discord answered; 'deleted' when the message was deleted, 'unreachable' when neither
 *   token nor channel lets us write, 'refused' when Discord will never take this message.
 * @throws ReplyError `too_large` for a message with uploads, `busy` or `rate_limited` when the
 *   time is up, and what the token may not do as long as it lives; the signal's reason.
 */
export async function sendFinal(
  update: FinalUpdate,
  deps: FinalUpdateDeps,
): Promise<Sent | 'deleted' | 'unreachable' | 'refused'> {
  const { writer, wording, log, onSent, onDeleted } = deps;
  const { id } = update;
  for (;;) {
    const { body, uploads } = renderAs(wording.plainness, update, deps);
    try {
      const sent = await send(body, uploads, update, deps);
      onSent(sent);
      return sent;
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      if (error.kind === 'gone') {
        onDeleted();
        return 'deleted';
      }
      // A closed channel: the only way that is left once the token has died.
      const isClosed = error.kind === 'expired' || isForbidden(error);
      if (isClosed && !writer.isTokenAlive()) return 'unreachable';
      const mayPass = isClosed || isTransient(error);
      if (mayPass || (error.kind === 'too_large' && uploads.length > 0)) throw error;
      if (mayHelpPlainer(error) && wording.makePlainer()) {
        log.warn({ id, err: error }, 'Discord refuses a final update; a plainer one follows');
        continue;
      }
      log.error({ id, err: error }, 'Discord refuses a final update');
      return 'refused';
    }
  }
}

function renderAs(plainness: Plainness, { id, render }: FinalUpdate, { texts }: FinalUpdateDeps) {
  if (plainness !== 'bare') return render(plainness);
  const { body, uploads } = render('plain');
  return { body: bareBody(body, id, texts), uploads };
}

async function send(
  body: EditBody,
  uploads: readonly Upload[],
  { id, requiredFile, retryForMs, signal }: FinalUpdate,
  { writer, log }: FinalUpdateDeps,
): Promise<Sent> {
  const write = async () => {
    const answer = await writer.writeFinal(body, uploads, { nonce: id, signal });
    if (requiredFile !== undefined) requireFile(answer, requiredFile);
    return answer;
  };
  return await retryUntilAccepted(write, log.child({ id }), { retryForMs, signal });
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
