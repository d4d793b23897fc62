import { type APIEmbed, ButtonStyle } from 'discord-api-types/v10';
import { MODEL_LABELS } from '../domain.ts';
import { button, rows } from '../reply/render/buttons.ts';
import { COLOURS, messageUrl } from '../reply/render/render-parts.ts';
import type { HistoryCursor, HistoryEntry, HistoryPage } from '../store/store.ts';
import { moneyText, relativeTime } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { generationShapeText } from '../texts/image-shape.ts';
import { escapeWords, joined, shorten } from '../texts/markdown.ts';
import type { Page, PageFile } from './pages.ts';

/** Five fill a row of buttons, and stay far below Discord's 6000 characters. */
export const ENTRIES_PER_PAGE = 5;

const SHOWN = { prompt: 300, alt: 900 } as const;

export interface HistoryOptions {
  /** Until when (epoch ms) the file of an entry that was never shown is kept; by generation id. */
  kept: ReadonlyMap<string, number>;
  retentionDays: number;
  texts: Texts;
}

/** One page of `/history`, newest first. Places and ids in the buttons say where, never who. */
export function historyPage(page: HistoryPage, options: HistoryOptions): Page {
  const { texts, retentionDays } = options;
  const { history } = texts;
  if (page.entries.length === 0) {
    return { embeds: [{ color: COLOURS.done, title: history.title, description: history.empty }] };
  }
  const shown = page.entries.map((entry, index) => showEntry(entry, index + 1, options));
  const embeds = shown.map(({ embed }) => embed);
  const [first, last] = [embeds[0], embeds.at(-1)];
  if (first) first.title = history.title;
  if (last) last.footer = { text: history.note(retentionDays) };
  const ids = page.entries.map(({ generation }) => generation.id);
  return {
    embeds,
    components: rows(
      turnButtons(page, texts),
      ids.map((id, index) =>
        button('history-again', history.again(index + 1), ButtonStyle.Primary, id),
      ),
      ids.flatMap((id, index) =>
        options.kept.has(id)
          ? [button('history-fetch', history.fetch(index + 1), ButtonStyle.Success, id)]
          : [],
      ),
    ),
    files: shown.flatMap(({ file }) => file ?? []),
  };
}

/** Reads what `turnButtons` wrote; undefined for anything else, which begins at the newest. */
export function readTurn(
  customId: string,
): { older: HistoryCursor } | { newer: HistoryCursor } | undefined {
  const match = /^history:(older|newer):(\d{1,15}):([\w-]{1,64})$/.exec(customId);
  if (match === null) return undefined;
  const [, direction = '', createdAt = '', generationId = ''] = match;
  const place = { createdAt: Number(createdAt), generationId };
  return direction === 'older' ? { older: place } : { newer: place };
}

function turnButtons({ entries, newer, older }: HistoryPage, { history }: Texts) {
  const [first, last] = [entries[0], entries.at(-1)];
  const turn = (direction: 'newer' | 'older', { generation }: HistoryEntry) => {
    const place = [direction, String(generation.createdAt), generation.id];
    return button('history', history[direction], ButtonStyle.Secondary, ...place);
  };
  return [
    ...(newer && first ? [turn('newer', first)] : []),
    ...(older && last ? [turn('older', last)] : []),
  ];
}

function showEntry(
  entry: HistoryEntry,
  number: number,
  { kept, texts }: HistoryOptions,
): { embed: APIEmbed; file: PageFile | null } {
  const { generation, thumbnail } = entry;
  const { history } = texts;
  const prompt = generation.request?.prompt ?? '';
  const keptUntil = kept.get(generation.id);
  const description = joined(
    '\n',
    `**${number}** · <t:${Math.floor(generation.createdAt / 1_000)}:f>`,
    prompt && `> ${escapeWords(prompt, SHOWN.prompt)}`,
    generation.request?.intent === 'enlarge' && `-# ${texts.enlarged(generation.size)}`,
    factsText(entry, texts),
    history.states[generation.state],
    keptUntil !== undefined && history.kept(number, relativeTime(keptUntil)),
    whereText(entry, texts),
  );
  const embed: APIEmbed = {
    color: generation.state === 'delivered' ? COLOURS.done : COLOURS.working,
    description,
  };
  if (thumbnail === null) return { embed, file: null };
  const name = `picture-${number}.webp`;
  embed.thumbnail = { url: `attachment://${name}` };
  const alt = history.alt(number, shorten(prompt, SHOWN.alt));
  return { embed, file: { name, mime: 'image/webp', bytes: thumbnail, alt } };
}

/** Model, ratio, size, and the cost where it is known. */
function factsText({ generation }: HistoryEntry, texts: Texts): string {
  const { model, costMicros } = generation;
  const cost = costMicros !== null && moneyText(costMicros);
  return joined(' · ', MODEL_LABELS[model], generationShapeText(generation, texts), cost);
}

/** A link to the message, where others than its own person can open one. */
function whereText({ generation, reply }: HistoryEntry, { history }: Texts): string {
  if (generation.state !== 'delivered') return '';
  if (reply.ephemeral) return history.onlyYou;
  const url = messageUrl(reply);
  return url === null ? '' : history.message(url);
}
