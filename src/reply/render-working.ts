import type { EditBody, Upload } from '../discord-http/rest.ts';
import type { WorkingState } from '../generation/live-reply.ts';
import { relativeTime } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { escapeWords } from '../texts/markdown.ts';
import { workingButtons } from './buttons.ts';
import { COLOURS, message, paragraphs, quotedPrompt } from './render-parts.ts';

/** Characters shown of a thought; with the prompt they stay far below an embed's 6000. */
const SHOWN = { heading: 120, words: 320 } as const;

/**
 * A reply in the middle of its work: the prompt, the newest thought, how far along it usually is
 * by now, since when, and a draft where there is one.
 */
export function renderWorking(
  state: WorkingState,
  texts: Texts,
  now: number,
): { body: EditBody; uploads: Upload[] } {
  const embed = {
    color: COLOURS.working,
    description: paragraphs(
      quotedPrompt(state, texts),
      progress(state, texts),
      [bar(state, texts, now), `-# ${texts.working.since(relativeTime(state.askedAt))}`]
        .filter(Boolean)
        .join('\n'),
    ),
  };
  const buttons = state.phase === 'paused' ? [] : workingButtons(state.replyId, texts);
  if (state.draft === null) return { body: message(embed, buttons), uploads: [] };
  // The draft travels with every edit: it is a few kilobytes, and no edit depends on another.
  const draft = draftUpload(state.id, state.draft);
  return {
    body: {
      ...message({ ...embed, thumbnail: { url: `attachment://${draft.name}` } }, buttons),
      attachments: [{ id: '0', filename: draft.name, description: texts.working.draft }],
    },
    uploads: [draft],
  };
}

/** A draft as a file to send beside a state. */
export function draftUpload(generationId: string, bytes: Uint8Array<ArrayBuffer>): Upload {
  return { bytes, name: `draft-${generationId}.webp`, mime: 'image/webp' };
}

function progress(state: WorkingState, texts: Texts): string {
  const { phase, thought, retry } = state;
  if (phase === 'queued') return texts.working.queued(state.position);
  if (phase === 'paused') return texts.working.paused;
  if (phase === 'unsaved') return texts.working.unsaved;
  if (phase === 'undelivered') return texts.working.undelivered;
  if (retry) return texts.working.waiting(retry.after, retry.attempt, relativeTime(retry.at));
  if (phase === 'preparing') return texts.working.preparing;
  if (!thought) return phase === 'drawing' ? texts.working.drawing : texts.working.thinking;
  const heading = thought.heading && `**${escapeWords(thought.heading, SHOWN.heading)}**`;
  const words = thought.words && escapeWords(firstSentences(thought.words), SHOWN.words);
  return [heading, words].filter(Boolean).join('\n');
}

/** A reply that cannot be written any longer, though its work goes on. */
export function renderClosing(state: WorkingState, texts: Texts): EditBody {
  return message({
    color: COLOURS.working,
    description: paragraphs(quotedPrompt(state, texts), texts.working.closing),
  });
}

const BAR_CELLS = 12;

/** Whether time alone changes how far along it is said to be. */
export function barMoves({ phase, runningSince, usualMs }: WorkingState): boolean {
  return runningSince !== null && usualMs !== null && phase !== 'paused';
}

/** How long it has run against what is usual; it waits just short of its end, never beyond. */
function bar(state: WorkingState, texts: Texts, now: number): string {
  const { runningSince, usualMs } = state;
  if (runningSince === null || usualMs === null || !barMoves(state)) return '';
  const part = Math.min(Math.max(now - runningSince, 0) / usualMs, 1);
  const full = Math.min(Math.round(part * BAR_CELLS), BAR_CELLS - 1);
  const cells = `${'▰'.repeat(full)}${'▱'.repeat(BAR_CELLS - full)}`;
  return `-# ${cells} ${texts.working.usually(Math.max(1, Math.round(usualMs / 1_000)))}`;
}

/** A sentence or two: enough to see that it is alive, short enough to read while it changes. */
function firstSentences(words: string): string {
  const sentences = words.match(/[^.!?…]+(?:[.!?…]+["”’)]*|$)/gu) ?? [words];
  return sentences.slice(0, 2).join('').trim();
}
