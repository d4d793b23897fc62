const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** From here on a wait is told in the next larger unit. */
const TOLD_IN_MINUTES_BELOW_MS = 90 * MINUTE_MS;
const TOLD_IN_HOURS_BELOW_MS = 36 * HOUR_MS;

/**
 * When to try again, about, in words; '' for a wait that is over by the time that anybody has read
 * it.
 * @param waitMs how long the provider asked to be left alone
 */
export function aboutWhen(waitMs: number | undefined): string {
  if (waitMs === undefined || waitMs < MINUTE_MS) return '';
  if (waitMs < TOLD_IN_MINUTES_BELOW_MS) return about(waitMs / MINUTE_MS, 'minute');
  if (waitMs < TOLD_IN_HOURS_BELOW_MS) return about(waitMs / HOUR_MS, 'hour');
  return about(waitMs / DAY_MS, 'day');
}

function about(amount: number, unit: string): string {
  const count = Math.round(amount);
  return `in about ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** `a day`, `3 days` */
export function daysText(ms: number): string {
  const days = Math.round(ms / DAY_MS);
  return days === 1 ? 'a day' : `${days} days`;
}
