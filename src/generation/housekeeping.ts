import type { Logger } from 'pino';
import type { Spool } from '../images/spool.ts';
import type { Store } from '../store/store.ts';

export interface HousekeepingDeps {
  store: Pick<Store, 'generations' | 'retention'>;
  spool: Pick<Spool, 'sweep'>;
  retentionDays: number;
  log: Logger;
  now: () => number;
}

const HOUR_MS = 3_600_000;
/** How long a file may outlive its generation: a day, less the time between two sweeps. */
const KEEP_FILES_MS = 23 * HOUR_MS;

/**
 * Erases what was kept long enough, once at the start and every hour: prompts over the retention,
 * and files whose generation ended about a day ago or is not in the ledger.
 */
export function startHousekeeping({ store, spool, retentionDays, log, now }: HousekeepingDeps) {
  async function run(): Promise<void> {
    try {
      const needed = await store.generations.idsWithFiles(now() - KEEP_FILES_MS);
      await spool.sweep((owner) => needed.has(owner));
      const erased = await store.retention.prune(retentionDays);
      if (erased > 0) log.info({ erased, retentionDays }, 'retention erased replies');
    } catch (error) {
      log.error({ err: error }, 'housekeeping failed');
    }
  }
  const timer = setInterval(() => void run(), HOUR_MS);
  timer.unref();
  return {
    run,
    stop: () => clearInterval(timer),
  };
}
