import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import type { BotEvent, Report } from '../events.ts';
import { createEventLog } from './event-log.ts';
import { type Check, type CheckState, createChecks, type HealthDeps } from './health.ts';
import {
  addReadings,
  createMetrics,
  type GenerationCounts,
  type Metrics,
  recordEvent,
} from './metrics.ts';
import { ProviderMemory } from './provider-memory.ts';
import { startOpsServer } from './server.ts';

/** What the process shows of itself while it runs. */
export interface OpsParts extends Omit<HealthDeps, 'provider' | 'now'> {
  generations: GenerationCounts;
  /** Why the process is about to end by itself; null while it is not. */
  failure: () => string | null;
}

/** A fault is in the log, and in the metrics, within this time. */
const CHECK_INTERVAL_MS = 15_000;
/** However often somebody asks, the checks run no more often than this. */
const FRESH_MS = 2_000;

const LEVELS = { ok: 'info', warn: 'warn', fail: 'error' } as const;
const VALUES = { ok: 1, warn: 0.5, fail: 0 } as const satisfies Record<CheckState, number>;

/**
 * Listens to what the modules report: for the log, the metrics, and the health check of the
 * provider. `open` begins to watch the process, and to serve what was seen where a port is set;
 * what it returns ends both.
 *
 * @param log The process's logger; each line names the module that it is about.
 * @param now Milliseconds of the clock by which the gateway counts, which nobody sets: what was
 *   seen must not stay new for longer.
 */
export function createOps({ log: root, now }: { log: Logger; now: () => number }) {
  const log = root.child({ module: 'ops' });
  const metrics = createMetrics();
  const provider = new ProviderMemory(now);
  const listeners = [
    createEventLog(root),
    (event: BotEvent) => recordEvent(event, metrics),
    (event: BotEvent) => provider.note(event),
  ];

  return {
    report: reportTo(listeners, log),

    /** @throws Error for an address that cannot be had. */
    async open(
      address: { host: string; port: number; names: readonly string[] } | null,
      { generations, failure, ...parts }: OpsParts,
    ): Promise<() => Promise<void>> {
      const runChecks = createChecks({ ...parts, provider, now });
      const watch = watchHealth(runChecks, { log, metrics, now });
      if (address === null) return async () => watch.stop();

      const { registry } = metrics;
      // Memory, CPU, handles, garbage collection and the event loop's delay.
      collectDefaultMetrics({ register: registry });
      addReadings(registry, { ...parts, generations });
      const checks = watch.current;
      const server = await startOpsServer({ ...address, registry, checks, failure });
      log.info({ address: server.address }, 'serving /healthz, /readyz and /metrics');
      return async () => {
        watch.stop();
        await server.close();
      };
    },
  };
}

/**
 * Runs the checks again and again, and logs each change: an operator without metrics reads of a
 * full disk or a refused key in the log. `current` has results that are at most two seconds old.
 */
function watchHealth(
  runChecks: () => Promise<Check[]>,
  { log, metrics, now }: { log: Logger; metrics: Metrics; now: () => number },
) {
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
    if (latest === null || now() - latestAt > FRESH_MS) {
      latestAt = now();
      latest = look();
    }
    return latest;
  }

  const timer = setInterval(() => {
    current().catch((error: unknown) => log.error({ err: error }, 'the health checks failed'));
  }, CHECK_INTERVAL_MS).unref();
  return { current, stop: () => clearInterval(timer) };
}

/** Hands each event to every listener; what a listener throws is logged and goes no further. */
export function reportTo(listeners: readonly ((event: BotEvent) => void)[], log: Logger): Report {
  return (event) => {
    for (const listen of listeners) {
      try {
        listen(event);
      } catch (error) {
        log.error({ err: error, event: event.type }, 'a listener failed');
      }
    }
  };
}
