/**
 * More than a picture can cost, in millionths of a dollar (a million dollars), and few enough that
 * the sums of a server's years stay whole numbers.
 */
const MAX_COST_MICROS = 1_000_000_000_000;

/**
 * A count, moment or amount as the database may hold it: a whole number from 0 that comes back as
 * the number that it was. Anything else is unknown, and null.
 */
export function whole(value: unknown, max = Number.MAX_SAFE_INTEGER): number | null {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return null;
  return value >= 0 && value <= max ? value : null;
}

/** A cost as the database may hold it; null where it is not known. */
export function wholeCost(value: unknown): number | null {
  return whole(value, MAX_COST_MICROS);
}

/** An estimate as the database may hold it; what is no number reserves nothing. */
export function reservable(costMicros: number): number {
  if (Number.isNaN(costMicros)) return 0;
  return Math.round(Math.min(Math.max(costMicros, 0), MAX_COST_MICROS));
}
