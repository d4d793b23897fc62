import type { Failure, Problem, Refusal } from '../domain.ts';
import { countText, moneyLeftText, relativeTime, secondsText } from './amounts.ts';
import type { Texts } from './english.ts';

/** Which limit is in the way, what is left of it, and when it frees; '' when none is. */
export function limitText({ refusal, problem }: Failure['details'], texts: Texts): string {
  if (refusal === undefined) {
    const rules: Partial<Record<Problem, string>> = texts.limits.rules;
    return (problem && rules[problem]) ?? '';
  }
  const { limit, value, left, asked, freesAt } = refusal;
  const amount = isMoney(limit)
    ? moneyLeftText
    : limit === 'user_cooldown'
      ? secondsText
      : countText;
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
