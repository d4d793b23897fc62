export const DAY_MS = 86_400_000;

/** The UTC day of a moment, `YYYY-MM-DD`; days sort as text. */
export function utcDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The UTC month of a moment or of a day, `YYYY-MM`. */
export function utcMonth(at: number | string): string {
  return (typeof at === 'string' ? at : utcDay(at)).slice(0, 7);
}

/** Epoch milliseconds at which the next UTC day begins: when daily limits free. */
export function nextUtcDayAt(at: number): number {
  return (Math.floor(at / DAY_MS) + 1) * DAY_MS;
}

/** The day that lies `days` before a moment. */
export function utcDayBefore(at: number, days: number): string {
  return utcDay(at - days * DAY_MS);
}
