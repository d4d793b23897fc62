import type { LimitName } from '../domain.ts';
import type { AdmissionLimits, QuotaUse } from '../store/store.ts';
import { countText, moneyLeftText, relativeTime, secondsText } from './amounts.ts';
import type { Texts } from './english.ts';

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
  return [
    isExempt ? usage.exempt : '',
    ...lines.map(([limit, text]) => `${usage.limits[limit]}: ${text}`),
    isDaily ? usage.renewed(relativeTime(renewedAt)) : '',
    lines.length === 0 && !isExempt ? usage.noLimits : '',
  ]
    .filter(Boolean)
    .join('\n');
}
