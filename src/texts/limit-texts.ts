import type { FailureDetails, Refusal } from '../domain.ts';
import { relativeTime } from './amounts.ts';
import type { Texts } from './english.ts';

/** Which limit is in the way, what is left of it, and when it frees; '' when none is named. */
export function limitText({ refusal, problem }: FailureDetails, texts: Texts): string {
  if (refusal === undefined) return texts.limits.rules[problem ?? ''] ?? '';
  const { limit, value, left, asked, freesAt } = refusal;
  const amount = isMoney(limit) ? dollars : limit === 'user_cooldown' ? seconds : String;
  const sentence = texts.limits.names[limit](amount(value));
  if (limit === 'user_cooldown') {
    return freesAt === null ? sentence : `${sentence} ${texts.limits.again(relativeTime(freesAt))}`;
  }
  const rest = asked > value ? texts.limits.never : texts.limits.left(amount(left));
  const when =
    freesAt !== null
      ? texts.limits.frees(relativeTime(freesAt))
      : limit === 'user_open'
        ? texts.limits.freesWhenDone
        : '';
  return [sentence, rest, when].filter(Boolean).join(' ');
}

function isMoney(limit: Refusal['limit']): boolean {
  return limit === 'guild_cost' || limit === 'bot_cost';
}

/** Rounded down, so that what is left is never promised too high. */
function dollars(micros: number): string {
  return `$${(Math.floor(micros / 10_000) / 100).toFixed(2)}`;
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`;
}
