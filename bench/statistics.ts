/** The middle one; of an even number the lower middle. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The smallest value that at least this part (0–1) of all does not exceed; NaN for no values. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** To one decimal. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
