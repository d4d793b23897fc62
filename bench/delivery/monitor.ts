/**
 * Loaded into a bot by `--import`: ten times a second it writes a line about the process into the
 * file that `MONITOR_FILE` names. Nothing in the bot knows of it.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** One tenth of a second in the life of a process. */
export interface Sample {
  /** Epoch milliseconds. */
  at: number;
  /** The longest that the event loop was late, in milliseconds. */
  pauseMs: number;
  /** The longest that its thread worked between two looks: a pause that no busy machine explains. */
  workMs: number;
  /** Highest resident memory since its start, in MiB. */
  peakRssMb: number;
}

const EVERY_MS = 100;
/** The delay is measured by a timer, which is itself so late at best. */
const RESOLUTION_MS = 5;

const file = process.env['MONITOR_FILE'];
if (file !== undefined && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  let longestWorkMs = 0;
  let worked = process.threadCpuUsage();
  setInterval(() => {
    const { user, system } = process.threadCpuUsage(worked);
    worked = process.threadCpuUsage();
    longestWorkMs = Math.max(longestWorkMs, (user + system) / 1_000);
  }, RESOLUTION_MS).unref();
  setInterval(() => {
    const sample: Sample = {
      at: Date.now(),
      pauseMs: Math.max(0, delay.max / 1e6 - RESOLUTION_MS),
      workMs: longestWorkMs,
      peakRssMb: process.resourceUsage().maxRSS / 1_024,
    };
    delay.reset();
    longestWorkMs = 0;
    appendFileSync(file, `${JSON.stringify(sample)}\n`);
  }, EVERY_MS).unref();
}
