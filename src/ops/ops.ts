import type { Logger } from 'pino';
import { collectDefaultMetrics } from 'prom-client';
import type { GatewayWatch } from '../discord/gateway-watch.ts';
import type { BotEvent, Report } from '../events.ts';
import { createEventLog } from './event-log.ts';
import { recordEvent } from './event-metrics.ts';
import { createChecks, type HealthDeps } from './health.ts';
import { addReadings, createMetrics } from './metrics.ts';
import { createProviderMemory } from './provider-memory.ts';
import { startOpsServer } from './server.ts';
import { startHealthWatch } from './watch.ts';

/** What the process shows of itself while it runs. */
export interface OpsParts {
  gateway: GatewayWatch;
  generations: { running: number; waiting: number };
  checkDatabase: () => Promise<void>;
  /** Records that could not be read when the process started, and were set aside. */
  unreadable: () => number;
  /** This machine's clock beside Discord's, and whether what is old is kept because of it. */
  clock: { aheadMs: () => number | null; keepsForIt: () => boolean };
  spool: { directory: string; maxBytes: number; usedBytes: () => number };
  pictures: HealthDeps['pictures'];
  isStopping: () => boolean;
  /** Why the process is about to end by itself; null while it is not. */
  failure: () => string | null;
}

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
  const provider = createProviderMemory(now);
  const listeners = [
    createEventLog(root),
    (event: BotEvent) => recordEvent(event, metrics),
    provider.note,
  ];

  return {
    report: reportTo(listeners, log),

    /** @throws Error for an address that cannot be had. */
    async open(
      address: { host: string; port: number; names: readonly string[] } | null,
      parts: OpsParts,
    ): Promise<() => Promise<void>> {
      const { gateway, spool, generations, failure } = parts;
      const watch = startHealthWatch(createChecks({ ...parts, provider, now }), {
        log,
        metrics,
        now,
      });
      if (address === null) return async () => watch.stop();

      const { registry } = metrics;
      // Memory, CPU, handles, garbage collection and the event loop's delay.
      collectDefaultMetrics({ register: registry });
      addReadings(registry, [
        {
          name: 'queue_waiting',
          help: 'Generations that wait for their turn',
          read: () => generations.waiting,
        },
        {
          name: 'generations_running',
          help: 'Generations under way',
          read: () => generations.running,
        },
        {
          name: 'spool_bytes',
          help: 'Bytes of pictures under way on disk',
          read: spool.usedBytes,
        },
        {
          name: 'spool_max_bytes',
          help: 'The bound of the above (SPOOL_MAX_MB)',
          read: () => spool.maxBytes,
        },
        {
          name: 'gateway_connected',
          help: 'Whether the gateway can bring interactions now: 1 or 0',
          read: () => (gateway.isConnected() ? 1 : 0),
        },
        {
          name: 'gateway_ping_seconds',
          help: 'From a heartbeat to its answer',
          read: () => {
            const pingMs = gateway.pingMs();
            return pingMs === null ? null : pingMs / 1_000;
          },
        },
      ]);
      const server = await startOpsServer({
        ...address,
        registry,
        checks: watch.current,
        failure,
      });
      log.info({ address: server.address }, 'serving /healthz, /readyz and /metrics');
      return async () => {
        watch.stop();
        await server.close();
      };
    },
  };
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
