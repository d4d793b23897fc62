import { type APIEmbed, MessageFlags } from 'discord-api-types/v10';
import type { ReplyTarget } from '../domain.ts';
import type { FailedState } from '../generation/live-reply.ts';
import { renderFailed } from './render-failed.ts';
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
  failureEmbeds(state: FailedState): APIEmbed[];
  unknown: { command: string; component: string };
}

export function createAnswers(rest: ReplyRest, texts = english): Answers {
  const failureEmbeds = (state: FailedState) => renderFailed(state, texts).embeds ?? [];
  return {
    failureEmbeds,
    async fail(target, state) {
      await rest.editOriginal(target, renderFailed(state, texts));
    },
    async failPrivately(target, state) {
      await rest.followUp(target, {
        embeds: failureEmbeds(state),
        allowed_mentions: { parse: [] },
        flags: MessageFlags.Ephemeral,
      });
    },
    async withdraw(target) {
      await rest.deleteOriginal(target);
    },
    unknown: { command: texts.gate.unknownCommand, component: texts.gate.unknownComponent },
  };
}
