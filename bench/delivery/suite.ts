import { round } from '../statistics.ts';
import type { SuiteOptions } from '../suite.ts';
import { type BotFigures, measureBaseline } from './baseline.ts';
import { measureConcurrent } from './concurrent.ts';
import { measureLastByte } from './last-byte.ts';
import { measureSizes } from './sizes.ts';

/** Runs of what is measured for a median of time, for each run of the crowd. */
const SHORT_RUNS = 3;

/**
 * Whether every picture arrives, and what it costs: sizes against limits, the way from the last
 * byte to the final edit, fifty at once, and discord.js's usual way beside it.
 */
export async function run({ runs, say }: SuiteOptions) {
  say('delivery: pictures of 1–40 MB under limits of 8, 10 and 20 MiB');
  const sizes = await measureSizes(say);
  say(
    `  ${sizes.delivered} of ${sizes.pictures} delivered under each, ${sizes.good} as well as can`,
  );

  const lastByte = await measureLastByte(runs * SHORT_RUNS);
  const { lastByteToFinalEditMs, worstMs } = lastByte;
  say(
    `last byte to the final edit: ${lastByteToFinalEditMs.toFixed(0)} ms, at worst ${worstMs.toFixed(0)}`,
  );

  const crowd = await measureConcurrent();
  say(
    `50 pictures of 19 MB at once: ${crowd.delivered} delivered in ${crowd.seconds.toFixed(1)} s, ` +
      `acknowledgements p99 ${crowd.ackP99Ms.toFixed(0)} ms; ${describe(crowd)}`,
  );

  const ways = await measureBaseline(runs * SHORT_RUNS);
  for (const [name, way] of Object.entries(ways)) {
    say(`12 MB through ${name}: ${way.ms.toFixed(0)} ms; ${describe(way)}`);
  }
  return {
    suite: 'delivery',
    pictures: sizes.pictures,
    delivered: sizes.delivered,
    ackP99Ms: round(crowd.ackP99Ms),
    peakRssMb: round(crowd.peakRssMb),
    longestPauseMs: round(crowd.longestPauseMs),
    lastByteToFinalEditMs: round(lastByteToFinalEditMs),
    longestWorkMs: round(crowd.longestWorkMs),
    sizes,
    lastByte,
    crowd,
    ways,
  };
}

function describe(way: Omit<BotFigures, 'ms'>): string {
  const { peakRssMb, longestPauseMs, longestWorkMs } = way;
  return `peak ${peakRssMb.toFixed(0)} MB, longest pause ${longestPauseMs.toFixed(0)} ms (${longestWorkMs.toFixed(0)} ms of it work)`;
}
