import { MODEL_LABELS } from '../domain.ts';
import type { HistoryEntry, StoredGeneration, StoredReply } from '../store/store.ts';
import { moneyText } from './amounts.ts';
import { escapeWords } from './markdown.ts';
import type { Page } from './pages.ts';
import { COLOURS, relativeTime } from './render-parts.ts';
import type { Texts } from './texts.ts';

const SHOWN = { prompt: 900, step: 120, steps: 10 } as const;

type Step = Omit<HistoryEntry, 'thumbnail'>;

/** What is known of a reply: prompt, facts, and what it was made from; null is not for this person. */
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
      field(details.size, sizeOf(generation)),
      field(details.when, relativeTime(generation.createdAt)),
      field(details.tokens, tokensOf(generation, texts)),
      field(details.cost, generation.costMicros === null ? '–' : moneyText(generation.costMicros)),
      field(details.reference, `\`${generation.id}\``),
    ],
  }));
  const steps = lineage.slice(0, SHOWN.steps).map((step) => stepText(step, texts));
  if (steps.length === 0) return { embeds };
  const from = {
    color: COLOURS.done,
    title: details.madeFrom,
    description: steps.map((text, index) => `${index + 1}. ${text}`).join('\n'),
  };
  return { embeds: [...embeds, from] };
}

function stepText(step: Step | null, texts: Texts): string {
  if (step === null) return texts.details.elsewhere;
  const { generation, reply } = step;
  const { guildId, channelId, messageId, ephemeral } = reply;
  const words = promptOf(generation, SHOWN.step, texts);
  const isOpen = !ephemeral && channelId !== null && messageId !== null;
  const link = isOpen
    ? ` · [${texts.details.open}](https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId})`
    : '';
  return `${words} · ${relativeTime(generation.createdAt)}${link}`;
}

function promptOf({ request }: StoredGeneration, maxChars: number, texts: Texts): string {
  return request === null ? `*${texts.details.erased}*` : escapeWords(request.prompt, maxChars);
}

function sizeOf({ request, size, image }: StoredGeneration): string {
  const pixels = image === null ? '' : ` (${image.width}×${image.height})`;
  return [request?.ratio, `${size}${pixels}`].filter(Boolean).join(' · ');
}

function tokensOf({ usage }: StoredGeneration, { done }: Texts): string {
  if (usage === null) return done.tokensUnknown;
  const count = (value: number | null) => value?.toLocaleString('en-US') ?? done.unknown;
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage;
  return done.tokens(
    count(promptTokens),
    count(imageTokens),
    count(thoughtTokens),
    count(totalTokens),
  );
}

function field(name: string, value: string) {
  return { name, value, inline: true };
}
