import type { APIEmbed } from 'discord-api-types/v10';
import type { EditBody } from '../../discord-http/rest.ts';
import type { FailureKind } from '../../domain.ts';
import type { FailedState } from '../../generation/live-reply.ts';
import type { Texts } from '../../texts/english.ts';
import { failureText } from '../../texts/failure-text.ts';
import { escapeWords, joined, shorten } from '../../texts/markdown.ts';
import { failedButtons } from './buttons.ts';
import { COLOURS, message, quotedPrompt } from './render-parts.ts';

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

/** Whether the picture was made and can be fetched, so that nobody should pay for it once more. */
export function isKept({ failure }: FailedState): boolean {
  return failure.kind === 'not_shown';
}

const SHOWN = { modelWords: 600, reason: 80, file: 100, typed: 4_000 } as const;

/** A failed reply: what happened, what to do now, and the id that the operator finds in the log. */
export function renderFailure(state: FailedState, texts: Texts): EditBody {
  const { failure, subject } = state;
  const { kind, details } = failure;
  const quoted = state.hidesDetails ? null : details;
  const text = failureText(failure, texts, {
    reason: quoted?.reason && escapeWords(quoted.reason, SHOWN.reason),
    words: quoted?.words && escapeWords(quoted.words, SHOWN.modelWords),
    file: quoted?.file && escapeWords(quoted.file, SHOWN.file),
  });
  const embed: APIEmbed = {
    color: COLOURS.failed,
    title: text.title,
    description: joined('\n\n', subject && quotedPrompt(subject, texts), text.body),
    footer: { text: texts.failed.reference(kind, state.id) },
  };
  return message(
    state.typed ? [embed, typedEmbed(state.typed, texts)] : [embed],
    subject && MAY_HELP_AGAIN.has(kind) ? failedButtons(subject, texts) : [],
  );
}

/** In a block, which Discord's clients offer to copy; nothing in it can end it. */
function typedEmbed(typed: string, texts: Texts): APIEmbed {
  const words = shorten(typed.replaceAll('```', "'''"), SHOWN.typed);
  return { color: COLOURS.failed, title: texts.typed, description: `\`\`\`\n${words}\n\`\`\`` };
}
