import type { Logger } from 'pino';
import type { Check, CheckState, RunChecks } from './health.ts';
import type { Metrics } from './metrics.ts';

const DEFAULTS = {
  /** A fault is in the log, and in the metrics, within this time. */
  everyMs: 15_000,
  /** However often somebody asks, the checks run no more often than this. */
  freshMs: 2_000,
} as const;

export interface HealthWatch {
  /** Results that are at most two seconds old. */
  current(): Promise<Check[]>;
  stop(): void;
}

const LEVELS = { ok: 'info', warn: 'warn', fail: 'error' } as const;
const VALUES = { ok: 1, warn: 0.5, fail: 0 } as const satisfies Record<CheckState, number>;

/**
 * Runs the checks again and again, and logs each change: an operator without metrics reads of a
 * full disk or a refused key in the log.
 */
export function startHealthWatch(
  runChecks: RunChecks,
  { log, metrics, now }: { log: Logger; metrics: Metrics; now: () => number },
): HealthWatch {
  const states = new Map<string, CheckState>();
  let latest: Promise<Check[]> | null = null;
  let latestAt = 0;

  async function look(): Promise<Check[]> {
    const checks = await runChecks();
    for (const { name, state, detail } of checks) {
      metrics.checkState.set({ check: name }, VALUES[state]);
      if ((states.get(name) ?? 'ok') !== state) {
        log[LEVELS[state]]({ check: name, state, detail }, 'health changed');
      }
      states.set(name, state);
    }
    return checks;
  }

  function current(): Promise<Check[]> {
    if (latest === null || now() - latestAt > DEFAULTS.freshMs) {
      latestAt = now();
      latest = look();
    }
    return latest;
  }

  const timer = setInterval(() => {
    current().catch((error: unknown) => log.error({ err: error }, 'the health checks failed'));
  }, DEFAULTS.everyMs);
  timer.unref();
  return {
    current,
    stop: () => clearInterval(timer),
  };
}
