import type { APIEmbed } from 'discord-api-types/v10';
import type { EditBody } from '../../discord-http/rest.ts';
import type { FailureKind } from '../../domain.ts';
import type { FailedState } from '../../generation/live-reply.ts';
import type { Texts } from '../../texts/english.ts';
import { limitText } from '../../texts/limit-texts.ts';
import { escapeWords, shorten } from '../../texts/markdown.ts';
import { aboutWhen } from '../../texts/wait-texts.ts';
import { ownDetails } from '../wording.ts';
import { failedButtons } from './buttons.ts';
import { COLOURS, message, paragraphs, quotedPrompt } from './render-parts.ts';

/** Kinds after which the same request may well succeed. */
const MAY_HELP_AGAIN: ReadonlySet<FailureKind> = new Set([
  'refused_image',
  'no_image',
  'busy',
  'cut',
  'timeout',
  'bad_answer',
  'no_space',
  'cancelled',
  'interrupted',
  'internal',
]);

/** Problems of pictures that are whole, and kept where `/history` finds them. */
const KEPT_PROBLEMS: Partial<Record<FailureKind, readonly (string | undefined)[]>> = {
  bad_answer: ['cannot_fit', 'not_taken'],
  timeout: ['unreachable'],
  internal: ['not_shown'],
};

/** Whether the picture was made and can be fetched, so that nobody should pay for it once more. */
export function isKept({ failure }: FailedState): boolean {
  return KEPT_PROBLEMS[failure.kind]?.includes(failure.details.problem) ?? false;
}

const SHOWN = { modelWords: 600, reason: 80, file: 100, typed: 4_000 } as const;

/** A failed reply: what happened, what to do now, and the id that the operator finds in the log. */
export function renderFailure(state: FailedState, texts: Texts): EditBody {
  const { kind } = state.failure;
  const details = state.hidesDetails ? ownDetails(state.failure.details) : state.failure.details;
  const text = texts.failed.kinds[kind]({
    reason: details.reason && escapeWords(details.reason, SHOWN.reason),
    words: details.words && escapeWords(details.words, SHOWN.modelWords),
    file: details.file && escapeWords(details.file, SHOWN.file),
    problem: details.problem,
    when: aboutWhen(details.retryAfterMs),
    attempts: details.attempts,
    limit: limitText(details, texts),
  });
  const { subject } = state;
  const mayHelpAgain = MAY_HELP_AGAIN.has(kind) && !isKept(state);
  const body = message(
    {
      color: COLOURS.failed,
      title: text.title,
      description: paragraphs(subject && quotedPrompt(subject, texts), text.body),
      footer: { text: texts.failed.reference(kind, state.id) },
    },
    subject && mayHelpAgain ? failedButtons(subject, texts) : [],
  );
  if (!state.typed) return body;
  return { ...body, embeds: [...(body.embeds ?? []), typedEmbed(state.typed, texts)] };
}

/** In a block, which Discord's clients offer to copy; nothing in it can end it. */
function typedEmbed(typed: string, texts: Texts): APIEmbed {
  const words = shorten(typed.replaceAll('```', "'''"), SHOWN.typed);
  return {
    color: COLOURS.failed,
    title: texts.typed,
    description: `\`\`\`\n${words}\n\`\`\``,
  };
}
