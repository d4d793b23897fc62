import type { Usage } from '../domain.ts';
import type { Texts } from './english.ts';

/** `1,234` */
export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** What a picture took of the model, as far as it said so. */
export function usageText(usage: Usage | null, { done }: Texts): string {
  if (usage === null) return done.tokensUnknown;
  const count = (tokens: number | null) => (tokens === null ? done.unknown : countText(tokens));
  const { promptTokens, imageTokens, thoughtTokens, totalTokens } = usage;
  return done.tokens(
    count(promptTokens),
    count(imageTokens),
    count(thoughtTokens),
    count(totalTokens),
  );
}

/** Millionths of a dollar as people read them: cents, and a tenth of one below a dollar. */
export function moneyText(micros: number): string {
  const decimals = micros > 0 && micros < 1_000_000 ? 3 : 2;
  return dollars(micros / 1_000_000, decimals);
}

/** To a hundredth of a cent, for the operator: `$0.1340`. */
export function exactMoneyText(micros: number): string {
  return dollars(micros / 1_000_000, 4);
}

/** In cents, rounded down, so that what is left is never promised too high. */
export function moneyLeftText(micros: number): string {
  return dollars(Math.floor(micros / 10_000) / 100, 2);
}

/** In whole seconds, rounded up. */
export function secondsText(ms: number): string {
  return `${countText(Math.ceil(ms / 1_000))} s`;
}

function dollars(amount: number, decimals: number): string {
  const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  return `$${amount.toLocaleString('en-US', options)}`;
}

/** Discord shows it as "5 seconds ago" and lets it tick by itself, without an edit. */
export function relativeTime(epochMs: number): string {
  return `<t:${Math.floor(epochMs / 1_000)}:R>`;
}
