/**
 * Clocks are set: by hand, by a time server, by a machine that wakes up. What was written while one
 * was ahead lies in the future afterwards, and such a moment counts as now.
 */

/** A moment of the past, in epoch milliseconds, however far ahead the clock was that wrote it. */
export function notAfter(now: number, moment: number): number {
  return Math.min(moment, now);
}

/** Milliseconds from one moment to a later one; never negative. */
export function elapsedMs(from: number, to: number): number {
  return Math.max(0, to - from);
}
