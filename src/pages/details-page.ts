import { MODEL_LABELS } from '../domain.ts';
import { originKind } from '../generation/origin.ts';
import { COLOURS, messageUrl } from '../reply/render/render-parts.ts';
import type { HistoryEntry, ReplyFacts, StoredGeneration, StoredReply } from '../store/store.ts';
import { moneyText, relativeTime, usageText } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { generationShapeText } from '../texts/image-shape.ts';
import { escapeWords, joined, listWithin } from '../texts/markdown.ts';
import type { Page } from './pages.ts';

/** Together with the facts they stay below the 6000 characters of a message's embeds. */
const SHOWN = { prompt: 900, step: 120, steps: 10, stepsChars: 2_400 } as const;

type Step = Omit<HistoryEntry, 'thumbnail'>;

/** What is known of a reply: prompt, facts, and what it came of; a step that is null is not for this person. */
export function detailsPage(
  reply: StoredReply,
  lineage: readonly (Step | null)[],
  texts: Texts,
): Page {
  const { details } = texts;
  const embeds = reply.generations.map((generation, index) => ({
    color: COLOURS.done,
    // The pictures of a reply share their prompt; once is enough for Discord's 6000 characters.
    ...(index === 0
      ? { title: details.title, description: promptOf(generation, SHOWN.prompt, texts) }
      : {}),
    fields: [
      field(details.model, MODEL_LABELS[generation.model]),
      field(details.size, generationShapeText(generation, texts)),
      field(details.when, relativeTime(generation.createdAt)),
      field(details.tokens, usageText(generation.usage, texts)),
      field(details.cost, generation.costMicros === null ? '–' : moneyText(generation.costMicros)),
      field(details.reference, `\`${generation.id}\``),
    ],
  }));
  const steps = stepsOf(reply, lineage, texts);
  if (steps.length === 0) return { embeds };
  const numbered = steps.map((text, index) => `${index + 1}. ${text}`);
  const { text, left } = listWithin(numbered, '\n', SHOWN.stepsChars);
  const description = joined('\n', text, left > 0 && texts.more(left));
  return { embeds: [...embeds, { color: COLOURS.done, title: details.before, description }] };
}

/** Each step back from a reply, and how the one after it came of it. */
function stepsOf(reply: StoredReply, lineage: readonly (Step | null)[], texts: Texts): string[] {
  const { details } = texts;
  const steps: string[] = [];
  let later: ReplyFacts | null = reply;
  for (const step of lineage.slice(0, SHOWN.steps)) {
    const text: string = step === null ? details.elsewhere : stepText(step, texts);
    steps.push(later === null ? text : `${details.kinds[originKind(later.command)]} ${text}`);
    later = step?.reply ?? null;
  }
  // The store's line ends before its beginning where somebody was forgotten.
  if (lineage.length < SHOWN.steps && later?.origin) {
    steps.push(`${details.kinds[originKind(later.command)]} ${details.forgotten}`);
  }
  return steps;
}

function stepText({ generation, reply }: Step, texts: Texts): string {
  const url = messageUrl(reply);
  return joined(
    ' · ',
    generation.position > 0 && texts.details.picture(generation.position + 1),
    promptOf(generation, SHOWN.step, texts),
    relativeTime(generation.createdAt),
    url && `[${texts.details.open}](${url})`,
  );
}

function promptOf({ request }: StoredGeneration, maxChars: number, texts: Texts): string {
  if (request === null) return `*${texts.details.erased}*`;
  const enlarged = request.intent === 'enlarge' && `*${texts.enlarged(request.size)}*`;
  return joined(' · ', escapeWords(request.prompt, maxChars), enlarged);
}

function field(name: string, value: string) {
  return { name, value, inline: true };
}
