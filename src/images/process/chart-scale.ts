/** The axis of a chart: from 0 to a round number that nothing stands above. */
export interface Scale {
  top: number;
  /** From 0 to `top`, evenly spaced. */
  ticks: number[];
}

/** At most so many lines above zero: more than people tell apart in a small picture. */
const MAX_STEPS = 4;
/** Round steps, times any power of ten. */
const STEPS = [1, 2, 2.5, 5, 10] as const;

/**
 * The smallest axis of round steps that holds a value.
 *
 * @param smallestStep Of the unit: 1 for pictures, which are whole. The axis never has finer steps.
 */
export function createScale(highest: number, smallestStep: number): Scale {
  const wanted = Math.max(highest, smallestStep) / MAX_STEPS;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step =
    STEPS.map((factor) => factor * power).find(
      (candidate) => candidate >= wanted && isMultiple(candidate, smallestStep),
    ) ?? smallestStep;
  // Small numbers are rounded to what they mean: 0.1 + 0.2 is a tick as well.
  const round = (value: number) => Number(value.toPrecision(12));
  const steps = Math.max(1, Math.ceil(round(highest / step)));
  const ticks = Array.from({ length: steps + 1 }, (_, index) => round(index * step));
  return { top: ticks.at(-1) ?? step, ticks };
}

function isMultiple(value: number, unit: number): boolean {
  return Math.abs(value / unit - Math.round(value / unit)) < 1e-9 && value >= unit;
}

/** `0`, `250`, `1.5K`, `12K`, `3M`. */
export function countLabel(value: number): string {
  return COMPACT.format(value);
}

/** Dollars with as many decimals as the axis' steps need: `$0.025`, `$1.50`, `$20`, `$1.5K`. */
export function dollarLabel(dollars: number, step: number): string {
  if (step >= 1_000) return `$${COMPACT.format(dollars)}`;
  const decimals = Number.isInteger(step) ? 0 : Math.max(2, decimalsOf(step));
  return `$${dollars.toLocaleString('en-US', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })}`;
}

const COMPACT = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 2 });

function decimalsOf(step: number): number {
  return step.toString().split('.')[1]?.length ?? 0;
}
