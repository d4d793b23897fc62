import type { APIEmbed } from 'discord-api-types/v10';
import type { ModelKey } from '../domain.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { Totals } from '../store/store.ts';
import { countText, moneyText } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import type { Page, PageFile } from './pages.ts';

/** The server's chart and its sums go back so many days. */
export const USAGE_DAYS = 30;

/** What one person used. */
export interface OwnUsage {
  today: Totals;
  month: Totals;
  /** What is left of each limit, in words. */
  left: string;
}

/** What a server used, for those who manage it. */
export interface GuildUsage {
  today: Totals;
  month: Totals;
  /** Of the days that the chart shows. */
  days: Totals;
  /** The most first. */
  topUsers: (Totals & { userId: string })[];
  chart: PageFile | null;
}

export type DayTotals = Totals & { day: string; model: ModelKey };

/** The page of `/usage`: mine, and the server's for those who may see it. */
export function usagePage(
  own: OwnUsage,
  guild: GuildUsage | null,
  { costKnown, texts }: { costKnown: boolean; texts: Texts },
): Page {
  const { usage } = texts;
  const sums = (totals: Totals) => sumsText(totals, costKnown, texts);
  const mine: APIEmbed = {
    color: COLOURS.done,
    title: usage.mine,
    fields: [
      { name: usage.today, value: sums(own.today), inline: true },
      { name: usage.month, value: sums(own.month), inline: true },
      { name: usage.left, value: own.left },
    ],
  };
  if (guild === null) return { embeds: [mine] };

  const top = guild.topUsers.map((user, index) =>
    // A mention shows the name; nothing here ever pings.
    usage.topUser(index + 1, `<@${user.userId}>`, oneLine(user, costKnown, texts)),
  );
  const theirs: APIEmbed = {
    color: COLOURS.done,
    title: usage.guild,
    fields: [
      { name: usage.today, value: sums(guild.today), inline: true },
      { name: usage.month, value: sums(guild.month), inline: true },
      { name: usage.days(USAGE_DAYS), value: sums(guild.days), inline: true },
      { name: usage.topUsers, value: top.join('\n') || usage.nobody },
    ],
    ...(guild.chart && { image: { url: `attachment://${guild.chart.name}` } }),
    footer: { text: usage.guildNote },
  };
  return { embeds: [mine, theirs], files: guild.chart ? [guild.chart] : [] };
}

function sumsText(totals: Totals, costKnown: boolean, { usage }: Texts): string {
  return [
    usage.pictures(countText(totals.pictures)),
    totals.failures > 0 ? usage.failures(countText(totals.failures)) : '',
    usage.tokens(countText(totals.totalTokens)),
    costKnown ? moneyText(totals.costMicros) : '',
  ]
    .filter(Boolean)
    .join('\n');
}

function oneLine(totals: Totals, costKnown: boolean, { usage }: Texts): string {
  const pictures = usage.pictures(countText(totals.pictures));
  return costKnown ? `${pictures} · ${moneyText(totals.costMicros)}` : pictures;
}
