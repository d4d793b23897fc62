import type { Failure } from '../domain.ts';
import type { FailureText, Quotes, ShownDetails, Texts } from './english.ts';
import { limitText } from './limit-texts.ts';
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
