import type { Logger } from 'pino';
import type { FailedState } from './live-reply.ts';
import type { QueueEntry } from './queue.ts';
import type { UndeliveredNotice } from './run/context.ts';
import { announceEnd } from './run/end-generation.ts';
import type { Session, Sessions } from './sessions.ts';

/** Between tries to bring something to Discord that it did not accept in all the time of one try. */
export const DISCORD_RETRY_INTERVAL_MS = 120_000;

/** Between tries to write something to the store: 1 s at first, twice as long each time. */
export function storePauseMs(tries: number): number {
  return Math.min(1_000 * 2 ** (tries - 1), 60_000);
}

interface RetryDeps {
  sessions: Sessions;
  enqueue: (entry: QueueEntry) => void;
  log: Logger;
}

/**
 * What the store or Discord did not accept, and is tried again while this process lives. What it
 * does not come to is left to the next start.
 */
export class Retries {
  readonly #deps: RetryDeps;
  /** Generations with a whole picture that wait outside of the queue for their next run. */
  readonly #postponed = new Set<string>();
  /** By generation: what writes down its end, which the store has not taken. */
  readonly #unrecorded = new Map<string, () => Promise<void>>();
  /** Set once, by `stop`: nothing that is scheduled happens any more. */
  #isStopped = false;

  constructor(deps: RetryDeps) {
    this.#deps = deps;
  }

  /** Runs a generation again later: its file keeps the picture for the next start, too. */
  postpone(entry: QueueEntry, pauseMs: number): void {
    this.#postponed.add(entry.id);
    this.#schedule(() => {
      if (this.#postponed.delete(entry.id)) this.#deps.enqueue(entry);
    }, pauseMs);
  }

  /** Takes a generation out that waits for its next run; false when it does not. */
  remove(generationId: string): boolean {
    return this.#postponed.delete(generationId);
  }

  /** Announces an end later that Discord did not accept. */
  announceLater(session: Session, { state, isRefused }: UndeliveredNotice): void {
    session.unannounced.add(state.id);
    // What Discord refuses in any words is not said again by this process; the next start tries.
    if (isRefused) return;
    this.#schedule(() => void this.announce(session, state), DISCORD_RETRY_INTERVAL_MS);
  }

  /** Tells the person of an end, and again later where Discord does not accept it. Never rejects. */
  async announce(session: Session, state: FailedState): Promise<void> {
    const { sessions, log } = this.#deps;
    const { id } = state;
    const notice = await announceEnd(state, session.liveReply(id), log.child({ id }));
    if (notice !== null) return this.announceLater(session, notice);
    session.unannounced.delete(id);
    await sessions.settleWhenDone(session);
  }

  /** Writes an end down that the person has already, as soon as the store takes it. */
  recordLater(session: Session, id: string, record: () => Promise<void>, tries = 1): void {
    const recordNow = async () => {
      if (!this.#unrecorded.delete(id)) return;
      try {
        await record();
      } catch (error) {
        this.#deps.log.error({ id, err: error, tries }, 'an end could not be written down');
        this.recordLater(session, id, record, tries + 1);
        return;
      }
      session.close(id);
      await this.#deps.sessions.settleWhenDone(session);
    };
    this.#unrecorded.set(id, recordNow);
    this.#schedule(() => void recordNow(), storePauseMs(tries));
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** Tries once more to write down every end: what is open in the store would be asked for again. */
  async recordAll(): Promise<void> {
    await Promise.all([...this.#unrecorded.values()].map((recordNow) => recordNow()));
  }

  #schedule(act: () => void, pauseMs: number): void {
    setTimeout(() => {
      if (!this.#isStopped) act();
    }, pauseMs).unref();
  }
}
