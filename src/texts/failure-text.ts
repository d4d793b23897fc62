import type { Failure, Problem } from '../domain.ts';
import { countText, moneyLeftText, relativeTime, secondsText } from './amounts.ts';
import type { FailureText, Quotes, ShownDetails, Texts } from './english.ts';
import { joined } from './markdown.ts';
import { aboutWhen } from './wait-texts.ts';

/**
 * Title and sentence of a failure.
 *
 * @param quotes What others wrote, escaped; left out where only our own words may be said.
 */
export function failureText(
  { kind, details }: Failure,
  texts: Texts,
  quotes: Quotes = {},
): FailureText {
  const write = texts.failed.kinds[kind] as (details: ShownDetails) => FailureText;
  const { problem, attempts, retryAfterMs } = details;
  const limit = limitText(details, texts);
  return write({ ...quotes, problem, attempts, when: aboutWhen(retryAfterMs), limit });
}

/** Which limit is in the way, what is left of it, and when it frees; '' when none is. */
export function limitText({ refusal, problem }: Failure['details'], texts: Texts): string {
  if (refusal === undefined) {
    const rules: Partial<Record<Problem, string>> = texts.limits.rules;
    return (problem && rules[problem]) ?? '';
  }
  const { limit, value, left, asked, freesAt } = refusal;
  if (limit === 'user_cooldown') {
    const again = freesAt !== null && texts.limits.again(relativeTime(freesAt));
    return joined(' ', texts.limits.names[limit](secondsText(value)), again);
  }
  const isMoney = limit === 'guild_cost' || limit === 'bot_cost';
  const amount = isMoney ? moneyLeftText : countText;
  const sentence = texts.limits.names[limit](amount(value));
  const rest = asked > value ? texts.limits.never : texts.limits.left(amount(left));
  if (freesAt !== null)
    return joined(' ', sentence, rest, texts.limits.frees(relativeTime(freesAt)));
  return joined(' ', sentence, rest, limit === 'user_open' && texts.limits.freesWhenDone);
}
