import { type APIEmbed, MessageFlags } from 'discord-api-types/v10';
import type { Logger } from 'pino';
import { isTransient, ReplyError } from '../discord-http/errors.ts';
import { embedsWithin } from '../discord-http/message-limits.ts';
import type { EditBody, ReplyRest } from '../discord-http/rest.ts';
import { type RetryOptions, retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import { Failure, type ReplyTarget } from '../domain.ts';
import type { FailedState } from '../generation/live-reply.ts';
import { renderFailure } from '../reply/render/render-failure.ts';
import { bareBody, mayHelpPlainer, type Plainness, withoutQuotes } from '../reply/wording.ts';
import { english, type Texts } from '../texts/english.ts';

/**
 * What the gate says by itself, when no generation speaks through a live reply. Each tries every
 * way that is open, as long as the interaction's token lives, and never rejects for what Discord
 * answers: it resolves with whether nothing is owed any more, which is also where nobody can be
 * reached. False is for the next start to make good.
 */
export interface Answers {
  /** Replaces the deferred reply; where that is gone, only the person who asked sees it. */
  fail(target: ReplyTarget, state: FailedState): Promise<boolean>;
  /** Adds a message that only the person who asked can see. */
  failPrivately(target: ReplyTarget, state: FailedState): Promise<boolean>;
  /**
   * Takes the deferred reply back and tells the person who asked alone. Where it cannot be taken
   * back, it says the same for all to see, without anything that they wrote.
   */
  refuse(target: ReplyTarget, state: FailedState): Promise<boolean>;
  /** Ends a deferred reply of an earlier process. */
  interrupted(target: ReplyTarget): Promise<boolean>;
  failureEmbeds(state: FailedState): APIEmbed[];
  unknown: { command: string; component: string };
}

/**
 * What became of a write. `gone`: its message is not there. `refused`: in no words. `closed`: the
 * token is dead, and with it every way. `busy`: not accepted in the time that there is.
 */
type Outcome = 'taken' | 'gone' | 'refused' | 'closed' | 'busy';

/** How long a reply is tried to be taken back before it says in place why. */
const WITHDRAWAL_TIMEOUT_MS = 60_000;

/** A reason that comes twice is better than none; user-installed apps may follow up five times. */
const MAX_COPIES_OF_A_REASON = 3;

export function createAnswers({
  rest,
  log,
  now = Date.now,
  texts = english,
  maxRetryMs = Number.POSITIVE_INFINITY,
}: {
  rest: ReplyRest;
  log: Logger;
  now?: () => number;
  texts?: Texts;
  /** At most this long, however long the token lives. */
  maxRetryMs?: number;
}): Answers {
  const retryTimeOf = ({ tokenExpiresAt }: ReplyTarget) =>
    Math.max(0, Math.min(tokenExpiresAt - now(), maxRetryMs));

  async function outcomeOf(write: () => Promise<unknown>, options: RetryOptions): Promise<Outcome> {
    try {
      await retryUntilAccepted(write, log, options);
      return 'taken';
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      log.warn({ err: error }, 'an answer was not taken');
      if (error.kind === 'gone') return 'gone';
      if (error.kind === 'expired') return 'closed';
      if (isTransient(error)) return 'busy';
      if (!mayHelpPlainer(error)) return 'refused';
      throw error;
    }
  }

  /** Sends a notice, plainer each time that Discord refuses it for what it says. */
  async function say(
    state: FailedState,
    send: (body: EditBody) => Promise<unknown>,
    options: RetryOptions,
    from: Plainness = 'full',
  ): Promise<Outcome> {
    const levels: Plainness[] = ['full', 'plain', 'bare'];
    for (const plainness of levels.slice(levels.indexOf(from))) {
      const body = renderAs(plainness, state, texts);
      try {
        return await outcomeOf(() => send(body), options);
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
      }
    }
    return 'refused';
  }

  function edit(target: ReplyTarget, state: FailedState, from?: Plainness): Promise<Outcome> {
    const retryForMs = retryTimeOf(target);
    return say(state, (body) => rest.editOriginal(target, body), { retryForMs }, from);
  }

  function add(target: ReplyTarget, state: FailedState): Promise<Outcome> {
    const options = { retryForMs: retryTimeOf(target), maxCopies: MAX_COPIES_OF_A_REASON };
    const send = ({ content, embeds, components, allowed_mentions }: EditBody) =>
      rest.followUp(target, {
        ...(content ? { content } : {}),
        ...(embeds?.length ? { embeds } : {}),
        ...(components?.length ? { components } : {}),
        ...(allowed_mentions ? { allowed_mentions } : {}),
        flags: MessageFlags.Ephemeral,
      });
    return say(state, send, options);
  }

  async function fail(target: ReplyTarget, state: FailedState): Promise<boolean> {
    const edited = await edit(target, state);
    if (edited === 'taken' || edited === 'closed') return true;
    return isSettled(await add(target, state));
  }

  return {
    failureEmbeds: (state) => embedsWithin(renderFailure(state, texts).embeds ?? []),
    fail,
    async failPrivately(target, state) {
      return isSettled(await add(target, state));
    },
    async refuse(target, state) {
      const retryForMs = Math.min(WITHDRAWAL_TIMEOUT_MS, retryTimeOf(target));
      const withdrawn = await outcomeOf(() => rest.deleteOriginal(target), { retryForMs }).catch(
        (): Outcome => 'refused',
      );
      if (withdrawn === 'closed') return true;
      // As long as "thinking…" stands, a private message would take its place in the open.
      if (withdrawn === 'busy' || withdrawn === 'refused') {
        const edited = await edit(target, state, 'plain');
        if (edited !== 'gone') return isSettled(edited);
      }
      return isSettled(await add(target, state));
    },
    async interrupted(target) {
      const failure = new Failure('interrupted', 'the process died before it was written down');
      return await fail(target, { id: target.interactionId, subject: null, failure });
    },
    unknown: { command: texts.gate.unknownCommand, component: texts.gate.unknownComponent },
  };
}

function isSettled(outcome: Outcome): boolean {
  return outcome === 'taken' || outcome === 'closed';
}

function renderAs(plainness: Plainness, state: FailedState, texts: Texts): EditBody {
  if (plainness === 'full') return renderFailure(state, texts);
  const plain = renderFailure(withoutQuotes(state), texts);
  return plainness === 'plain' ? plain : bareBody(plain, state.id, texts);
}
