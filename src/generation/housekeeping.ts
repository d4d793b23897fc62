import type { Logger } from 'pino';
import type { Spool } from '../images/spool/spool.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Store } from '../store/store.ts';

export interface HousekeepingDeps {
  store: Pick<Store, 'generations' | 'retention'>;
  spool: Pick<Spool, 'owners' | 'sweep'>;
  retentionDays: number;
  /** Milliseconds that the clock is ahead of Discord's; null while that is not known. */
  clockAheadMs: () => number | null;
  log: Logger;
  now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  steady: () => number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const SWEEP_INTERVAL_MS = HOUR_MS;
/** A file is gone by then, counted from the end of its generation. */
export const FILES_GONE_AFTER_MS = 24 * HOUR_MS;
/** A file is kept until then at least; the next sweep removes it. */
export const FILES_KEPT_MS = FILES_GONE_AFTER_MS - SWEEP_INTERVAL_MS;

/** A clock that differs from Discord's by no more than this is right. */
export const CLOCK_AGREES_WITHIN_MS = 5 * MINUTE_MS;
/** However wrong the clock is: longer than this nothing is kept for it. */
const WAITS_AT_MOST_MS = 24 * HOUR_MS;

/**
 * Erases what was kept long enough, every hour: prompts over the retention, and files whose
 * generation ended about a day ago or is not in the store. With a clock that is ahead, one sweep
 * would erase everything. So while the clock differs from Discord's nothing goes by its age; and
 * before the two were compared, no sweep that would take more than half of what there is.
 */
// Over 80 lines: its functions share how long it waits for the clock.
export function startHousekeeping(deps: HousekeepingDeps) {
  const { store, spool, retentionDays, clockAheadMs, log, now, steady } = deps;
  /** By the steady clock; null while nothing waits. */
  let waitsSince: number | null = null;
  /** It waited for a day, and goes on by this machine's clock until that agrees again. */
  let hasGivenUp = false;
  const isWaiting = () => waitsSince !== null && !hasGivenUp;

  async function look() {
    const owners = await spool.owners();
    const ends = await store.generations.endTimes(owners);
    const isDue = (owner: string) => {
      const endedAt = ends.get(owner) ?? null;
      return endedAt !== null && elapsedMs(endedAt, now()) > FILES_KEPT_MS;
    };
    const ended = owners.filter((owner) => (ends.get(owner) ?? null) !== null);
    const files = { due: ended.filter(isDue).length, kept: ended.length };
    return { ends, isDue, files, replies: await store.retention.countDue(retentionDays) };
  }

  /**
   * Whether what is old by this machine's clock may go now; what it decides is in the log.
   *
   * @param counts How much there is, and how much of it is old enough to go.
   */
  function mayErase(counts: { due: number; kept: number }[], aheadMs: number | null): boolean {
    const wouldTakeMost = counts.some(({ due, kept }) => due * 2 > kept);
    if (
      isAgreed(aheadMs) ||
      !counts.some(({ due }) => due > 0) ||
      (aheadMs === null && !wouldTakeMost)
    ) {
      if (waitsSince !== null) log.info({ aheadMs }, 'erasing goes on');
      waitsSince = null;
      hasGivenUp = false;
      return true;
    }
    const shown = { aheadMs, counts };
    if (waitsSince === null) {
      waitsSince = steady();
      log.warn(shown, 'nothing is erased until the clock agrees with Discord’s, a day at most');
    }
    if (steady() - waitsSince < WAITS_AT_MOST_MS) return false;
    if (!hasGivenUp) {
      log.warn(shown, 'the clock did not agree with Discord’s for a day; erasing goes on');
    }
    hasGivenUp = true;
    return true;
  }

  async function sweep(): Promise<void> {
    const { ends, isDue, files, replies } = await look();
    const aheadMs = clockAheadMs();
    const isOld = mayErase([files, replies], aheadMs) ? isDue : () => false;
    // What the store does not know belongs to nobody, whatever the time is.
    await spool.sweep((owner) => ends.has(owner) && !isOld(owner));
    if (isOld !== isDue) return;
    if (isAgreed(aheadMs)) await store.retention.clampFutureTimes();
    const erased = await store.retention.prune(retentionDays);
    if (erased > 0) log.info({ erased, retentionDays }, 'retention erased replies');
  }

  let sweptAt = Number.NEGATIVE_INFINITY;
  /** Erases what was kept long enough. Never rejects. */
  async function run(): Promise<void> {
    sweptAt = steady();
    try {
      await sweep();
    } catch (error) {
      log.error({ err: error }, 'housekeeping failed');
    }
  }

  // What waits goes as soon as the clock is right.
  const timer = setInterval(() => {
    if (isWaiting() || steady() - sweptAt >= SWEEP_INTERVAL_MS) void run();
  }, MINUTE_MS).unref();
  return {
    run,
    /** Whether something is kept longer because the clock cannot be trusted. */
    isWaiting,
    stop: () => clearInterval(timer),
  };
}

function isAgreed(aheadMs: number | null): boolean {
  return aheadMs !== null && Math.abs(aheadMs) <= CLOCK_AGREES_WITHIN_MS;
}
