import type { APIEmbed } from 'discord-api-types/v10';
import { type GenerationRequest, type ImageFile, MODEL_LABELS, type Usage } from '../domain.ts';
import type { DoneState, FailedState, WorkingState } from '../generation/live-reply.ts';
import { escapeWords, shorten } from './markdown.ts';
import type { EditBody, Upload } from './rest.ts';
import type { Texts } from './texts.ts';

/** The embed's edge: safelight amber while working, silver when done, dim red when failed. */
const COLOURS = { working: 0xf08c00, done: 0xced4da, failed: 0xc92a2a } as const;

/** Characters shown of each text; all of them together stay far below an embed's 6000. */
const SHOWN = { prompt: 400, heading: 120, words: 320, modelWords: 600, reason: 80, file: 100 };

/** Discord's limit for an attachment's alt text. */
const ALT_TEXT_CHARS = 1_024;

const EXTENSIONS: Record<string, string> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

/** A reply in the middle of its work: the prompt, the newest thought, and since when. */
export function renderWorking(state: WorkingState, texts: Texts): EditBody {
  const since = `-# ${texts.working.since(relativeTime(state.startedAt))}`;
  return message({
    color: COLOURS.working,
    description: paragraphs(quotedPrompt(state.request), progress(state, texts), since),
  });
}

/** A finished reply: the picture as an attachment that the embed shows, its usage in the footer. */
export function renderDone(state: DoneState, texts: Texts): { body: EditBody; upload: Upload } {
  const name = `darkroom-${state.id}.${EXTENSIONS[state.image.mime] ?? 'png'}`;
  const body = message({
    color: COLOURS.done,
    description: quotedPrompt(state.request),
    image: { url: `attachment://${name}` },
    footer: { text: doneFooter(state, texts) },
  });
  return {
    body: {
      ...body,
      attachments: [
        { id: '0', filename: name, description: shorten(state.request.prompt, ALT_TEXT_CHARS) },
      ],
    },
    upload: { path: state.image.path, name, mime: state.image.mime },
  };
}

/** A failed reply: what happened, what to do now, and the id that the operator finds in the log. */
export function renderFailed(state: FailedState, texts: Texts): EditBody {
  const { kind, details } = state.failure;
  const text = texts.failed.kinds[kind]({
    reason: details.reason && escapeWords(details.reason, SHOWN.reason),
    words: details.words && escapeWords(details.words, SHOWN.modelWords),
    file: details.file && escapeWords(details.file, SHOWN.file),
    problem: details.problem,
  });
  return message({
    color: COLOURS.failed,
    title: text.title,
    description: paragraphs(state.request && quotedPrompt(state.request), text.body),
    footer: { text: texts.failed.reference(kind, state.id) },
  });
}

/** Model, ratio, size, the four token counts and the seconds, as one line. */
export function doneFooter(state: DoneState, texts: Texts): string {
  const { request, image, usage, durationMs } = state;
  return [
    MODEL_LABELS[request.model],
    request.ratio ?? nearestRatio(image),
    `${request.size} (${image.width}×${image.height})`,
    usageText(usage, texts),
    texts.done.seconds((durationMs / 1_000).toFixed(1)),
  ].join(' · ');
}

function usageText(usage: Usage | null, texts: Texts): string {
  if (usage === null) return texts.done.tokensUnknown;
  const count = (value: number | null) =>
    value === null ? texts.done.unknown : value.toLocaleString('en-US');
  return texts.done.tokens(
    count(usage.promptTokens),
    count(usage.imageTokens),
    count(usage.thoughtTokens),
    count(usage.totalTokens),
  );
}

function progress(state: WorkingState, texts: Texts): string {
  if (state.retry) {
    return texts.working.waiting(state.retry.attempt, relativeTime(state.retry.at));
  }
  const thought = state.thought;
  if (state.phase === 'preparing') return texts.working.preparing;
  if (state.phase === 'drawing' && !thought) return texts.working.drawing;
  if (!thought) return texts.working.thinking;
  const heading = thought.heading && `**${escapeWords(thought.heading, SHOWN.heading)}**`;
  const words = thought.words && escapeWords(firstSentences(thought.words), SHOWN.words);
  return [heading, words].filter(Boolean).join('\n');
}

/** A sentence or two: enough to see that it is alive, short enough to read while it changes. */
function firstSentences(words: string): string {
  const sentences = words.match(/[^.!?…]+(?:[.!?…]+["”’)]*|$)/gu) ?? [words];
  return sentences.slice(0, 2).join('').trim();
}

function quotedPrompt(request: GenerationRequest): string {
  return `> ${escapeWords(request.prompt, SHOWN.prompt)}`;
}

/** Every ratio that either model is known to make; an edit without a ratio may have any of them. */
const KNOWN_RATIOS = '1:1 4:3 3:4 16:9 9:16 2:3 3:2 4:5 5:4 21:9 1:4 4:1 1:8 8:1'.split(' ');

/** The ratio of a picture's pixels by its usual name; a model's pixels are never exactly it. */
export function nearestRatio(image: Pick<ImageFile, 'width' | 'height'>): string {
  const target = Math.log(image.width / image.height);
  const distance = (ratio: string) => {
    const [width = 1, height = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log(width / height) - target);
  };
  return KNOWN_RATIOS.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}

/** Discord shows it as "5 seconds ago" and lets it tick by itself, without an edit. */
function relativeTime(epochMs: number): string {
  return `<t:${Math.floor(epochMs / 1_000)}:R>`;
}

function paragraphs(...parts: (string | null | undefined)[]): string {
  return parts.filter((part) => part).join('\n\n');
}

/** One embed, no buttons, and never a ping, whoever is named in it. */
function message(embed: APIEmbed): EditBody {
  return { content: '', embeds: [embed], components: [], allowed_mentions: { parse: [] } };
}
