import type { APIEmbed } from 'discord-api-types/v10';
import type { LimitName, ModelKey } from '../domain.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { AdmissionLimits, QuotaUse, Totals } from '../store/store.ts';
import {
  countText,
  moneyLeftText,
  moneyText,
  relativeTime,
  secondsText,
} from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { joined } from '../texts/markdown.ts';
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
  return joined(
    '\n',
    usage.pictures(countText(totals.pictures)),
    totals.failures > 0 && usage.failures(countText(totals.failures)),
    usage.tokens(countText(totals.totalTokens)),
    costKnown && moneyText(totals.costMicros),
  );
}

function oneLine(totals: Totals, costKnown: boolean, { usage }: Texts): string {
  const pictures = usage.pictures(countText(totals.pictures));
  return costKnown ? `${pictures} · ${moneyText(totals.costMicros)}` : pictures;
}

/** What admission would hold a person against, here and now. */
export interface LimitsHere {
  limits: AdmissionLimits;
  /** Whether one of the person's roles is exempt from the person's and the server's limits. */
  isExempt: boolean;
  taken: QuotaUse;
}

/** A line for each limit that applies: what is left of it, and when it frees. */
export function limitsLeftText(
  here: LimitsHere,
  { now, renewedAt, texts }: { now: number; renewedAt: number; texts: Texts },
): string {
  const lines: [LimitName, string][] = [];
  const { usage } = texts;
  const add = (
    limit: LimitName,
    value: number | null,
    used: number,
    show: (amount: number) => string,
  ) => {
    if (value === null) return;
    lines.push([limit, usage.ofTotal(show(Math.max(0, value - used)), show(value))]);
  };
  const { limits, taken, isExempt } = here;
  add('user_open', limits.userOpen, taken.user.open, countText);
  const pauseMs = limits.userCooldownMs;
  if (pauseMs !== null) {
    const freesAt = (taken.user.lastAdmittedAt ?? Number.NEGATIVE_INFINITY) + pauseMs;
    const pause = secondsText(pauseMs);
    lines.push([
      'user_cooldown',
      freesAt > now ? usage.wait(pause, relativeTime(freesAt)) : usage.noWait(pause),
    ]);
  }
  add('user_pictures', limits.userPicturesPerDay, taken.user.pictures, countText);
  if (taken.guild !== null) {
    add('guild_pictures', limits.guildPicturesPerDay, taken.guild.pictures, countText);
    add('guild_cost', limits.guildCostMicrosPerDay, taken.guild.costMicros, moneyLeftText);
  }
  add('bot_pictures', limits.botPicturesPerDay, taken.bot.pictures, countText);
  add('bot_cost', limits.botCostMicrosPerDay, taken.bot.costMicros, moneyLeftText);

  const isDaily = lines.some(([limit]) => limit !== 'user_open' && limit !== 'user_cooldown');
  return joined(
    '\n',
    isExempt && usage.exempt,
    ...lines.map(([limit, text]) => `${usage.limits[limit]}: ${text}`),
    isDaily && usage.renewed(relativeTime(renewedAt)),
    lines.length === 0 && !isExempt && usage.noLimits,
  );
}
