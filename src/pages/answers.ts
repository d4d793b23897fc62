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
import type { Texts } from '../texts/english.ts';

/**
 * What became of a write. `gone`: its message is not there. `blocked`: not as it was. `refused`: in
 * no words. `closed`: the token is dead, and with it every way. `busy`: not accepted in the time
 * that there is.
 */
type Outcome = 'taken' | 'gone' | 'blocked' | 'refused' | 'closed' | 'busy';

const PLAINNESS = ['full', 'plain', 'bare'] as const satisfies Plainness[];

/** How long a reply is tried to be taken back before it says in place why. */
const WITHDRAWAL_TIMEOUT_MS = 60_000;

/** A reason that comes twice is better than none; user-installed apps may follow up five times. */
const MAX_COPIES_OF_A_REASON = 3;

interface AnswersDeps {
  rest: ReplyRest;
  log: Logger;
  texts: Texts;
  now: () => number;
  /** At most this long, however long the token lives. */
  maxRetryMs?: number;
}

/**
 * What the gate says by itself, when no generation speaks through a live reply. Each tries every
 * way that is open, as long as the interaction's token lives, and never rejects for what Discord
 * answers: it resolves with whether nothing is owed any more, which is also where nobody can be
 * reached. False is for the next start to make good.
 */
export class Answers {
  readonly #deps: Required<AnswersDeps>;

  constructor(deps: AnswersDeps) {
    this.#deps = { maxRetryMs: Number.POSITIVE_INFINITY, ...deps };
  }

  failureEmbeds(state: FailedState): APIEmbed[] {
    return embedsWithin(renderFailure(state, this.#deps.texts).embeds ?? []);
  }

  /** Replaces the deferred reply; where that is gone, only the person who asked sees it. */
  async fail(target: ReplyTarget, state: FailedState): Promise<boolean> {
    return isSettled(await this.#edit(target, state)) || (await this.failPrivately(target, state));
  }

  /** Adds a message that only the person who asked can see. */
  async failPrivately(target: ReplyTarget, state: FailedState): Promise<boolean> {
    const send = ({ content, embeds, components, allowed_mentions }: EditBody) =>
      this.#deps.rest.followUp(target, {
        ...(content ? { content } : {}),
        ...(embeds?.length ? { embeds } : {}),
        ...(components?.length ? { components } : {}),
        ...(allowed_mentions ? { allowed_mentions } : {}),
        flags: MessageFlags.Ephemeral,
      });
    const retryForMs = this.#retryTimeOf(target);
    const options = { retryForMs, maxCopies: MAX_COPIES_OF_A_REASON };
    return isSettled(await this.#say(state, send, options, 'full'));
  }

  /**
   * Takes the deferred reply back and tells the person who asked alone. Where it cannot be taken
   * back, it says the same for all to see, without anything that they wrote.
   */
  async refuse(target: ReplyTarget, state: FailedState): Promise<boolean> {
    const retryForMs = Math.min(WITHDRAWAL_TIMEOUT_MS, this.#retryTimeOf(target));
    const withdraw = () => this.#deps.rest.deleteOriginal(target);
    const withdrawn = await this.#outcomeOf(withdraw, { retryForMs });
    if (withdrawn === 'closed') return true;
    // As long as "thinking…" stands, a private message would take its place in the open.
    if (withdrawn !== 'taken' && withdrawn !== 'gone') {
      const edited = await this.#edit(target, state, 'plain');
      if (edited !== 'gone') return isSettled(edited);
    }
    return await this.failPrivately(target, state);
  }

  /** Ends a deferred reply of an earlier process. */
  async interrupted(target: ReplyTarget): Promise<boolean> {
    const failure = new Failure('interrupted', 'the process died before it was written down');
    return await this.fail(target, { id: target.interactionId, subject: null, failure });
  }

  #edit(target: ReplyTarget, state: FailedState, from: Plainness = 'full'): Promise<Outcome> {
    const send = (body: EditBody) => this.#deps.rest.editOriginal(target, body);
    return this.#say(state, send, { retryForMs: this.#retryTimeOf(target) }, from);
  }

  /** Sends a notice, plainer each time that Discord refuses it for what it says. */
  async #say(
    state: FailedState,
    send: (body: EditBody) => Promise<unknown>,
    options: RetryOptions,
    from: Plainness,
  ): Promise<Outcome> {
    for (const plainness of PLAINNESS.slice(PLAINNESS.indexOf(from))) {
      const body = renderAs(plainness, state, this.#deps.texts);
      const outcome = await this.#outcomeOf(() => send(body), options);
      if (outcome !== 'blocked') return outcome;
    }
    return 'refused';
  }

  async #outcomeOf(write: () => Promise<unknown>, options: RetryOptions): Promise<Outcome> {
    const { log } = this.#deps;
    try {
      await retryUntilAccepted(write, log, options);
      return 'taken';
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      log.warn({ err: error }, 'an answer was not taken');
      if (error.kind === 'gone') return 'gone';
      if (error.kind === 'expired') return 'closed';
      if (isTransient(error)) return 'busy';
      return mayHelpPlainer(error) ? 'blocked' : 'refused';
    }
  }

  #retryTimeOf({ tokenExpiresAt }: ReplyTarget): number {
    const { now, maxRetryMs } = this.#deps;
    return Math.max(0, Math.min(tokenExpiresAt - now(), maxRetryMs));
  }
}

function isSettled(outcome: Outcome): boolean {
  return outcome === 'taken' || outcome === 'closed';
}

function renderAs(plainness: Plainness, state: FailedState, texts: Texts): EditBody {
  if (plainness === 'full') return renderFailure(state, texts);
  const plain = renderFailure(withoutQuotes(state), texts);
  return plainness === 'plain' ? plain : bareBody(plain, state.id, texts);
}
