import type { Sent } from '../discord-http/rest.ts';

const DEFAULTS = {
  /** Faster than this, people cannot read what changes. */
  minPauseMs: 1_000,
  /** Used when Discord sends no rate-limit headers; its documented bucket is 5 in 5 s. */
  unknownPauseMs: 1_250,
} as const;

/**
 * Milliseconds until the next progress edit. The pause grows as the bucket empties, and the last
 * slot is never taken: the end of a reply must find it free.
 */
export function editPause(sent: Pick<Sent, 'remaining' | 'resetAfterMs'>): number {
  if (sent.remaining === null || sent.resetAfterMs === null) return DEFAULTS.unknownPauseMs;
  const free = sent.remaining - 1;
  if (free <= 0) return Math.max(sent.resetAfterMs, DEFAULTS.minPauseMs);
  return Math.max(sent.resetAfterMs / (free + 1), DEFAULTS.minPauseMs);
}
