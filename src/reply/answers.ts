import { type APIEmbed, MessageFlags } from 'discord-api-types/v10';
import type { Logger } from 'pino';
import { Failure, type ReplyTarget } from '../domain.ts';
import type { FailedState } from '../generation/live-reply.ts';
import { untilTaken } from './patience.ts';
import { renderFailed } from './render-failed.ts';
import { ReplyError } from './reply-error.ts';
import type { ReplyRest } from './rest.ts';
import { english } from './texts.ts';

/** What the gate says by itself, when no generation speaks through a live reply. */
export interface Answers {
  /** Replaces the deferred reply. */
  fail(target: ReplyTarget, state: FailedState): Promise<void>;
  /** Adds a message that only the person who asked can see. */
  failPrivately(target: ReplyTarget, state: FailedState): Promise<void>;
  /** Takes a deferred reply back. */
  withdraw(target: ReplyTarget): Promise<void>;
  /** Ends a deferred reply of an earlier process; one that is gone or out of reach is no error. */
  interrupted(target: ReplyTarget): Promise<void>;
  failureEmbeds(state: FailedState): APIEmbed[];
  unknown: { command: string; component: string };
}

export function createAnswers({
  rest,
  log,
  texts = english,
}: {
  rest: ReplyRest;
  log: Logger;
  texts?: typeof english;
}): Answers {
  const failureEmbeds = (state: FailedState) => renderFailed(state, texts).embeds ?? [];
  const answers: Answers = {
    failureEmbeds,
    async fail(target, state) {
      await untilTaken(() => rest.editOriginal(target, renderFailed(state, texts)), log);
    },
    async failPrivately(target, state) {
      const body = {
        embeds: failureEmbeds(state),
        allowed_mentions: { parse: [] },
        flags: MessageFlags.Ephemeral,
      };
      await untilTaken(() => rest.followUp(target, body), log, { isAdding: true });
    },
    async withdraw(target) {
      await untilTaken(() => rest.deleteOriginal(target), log);
    },
    async interrupted(target) {
      const failure = new Failure('interrupted', 'the process died before it was written down');
      try {
        await answers.fail(target, { id: target.interactionId, subject: null, failure });
      } catch (error) {
        if (!(error instanceof ReplyError)) throw error;
        log.debug({ err: error }, 'nobody to tell of an interruption');
      }
    },
    unknown: { command: texts.gate.unknownCommand, component: texts.gate.unknownComponent },
  };
  return answers;
}
