import type { Reference } from '../domain.ts';

/** What one of our own pictures is made smaller to at most: less would cost it what one sees. */
const OWN_MIN_BYTES = 2_000_000;

/** The least that a reference takes up: what a person gave goes as it is. */
export function leastBytes({ kind, bytes }: Reference): number {
  return kind === 'attachment' ? (bytes ?? 0) : Math.min(bytes ?? 0, OWN_MIN_BYTES);
}

/**
 * What one of our own pictures may have among the others: what they leave, by what Discord says of
 * their sizes; and where that is too little, an equal part of what the pictures that people gave
 * leave.
 *
 * @param fetchedBytes What the references before it turned out to have.
 */
export function budgetFor(
  index: number,
  references: readonly Reference[],
  fetchedBytes: number,
  maxBytes: number,
): number {
  const given = references.filter(({ kind }) => kind === 'attachment');
  const equalPart = (maxBytes - sumOf(given)) / Math.max(references.length - given.length, 1);
  const left = maxBytes - fetchedBytes;
  const leftByOthers = left - sumOf(references.slice(index + 1));
  return Math.floor(Math.max(0, Math.min(left, Math.max(equalPart, leftByOthers))));
}

function sumOf(references: readonly Reference[]): number {
  return references.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0);
}
