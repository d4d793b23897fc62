import type { Logger } from 'pino';
import { Failure, type ReplyTarget } from '../domain.ts';
import type { Store } from '../store/store.ts';
import type { GeneratedImage, Job } from './job.ts';
import type { LiveReply, OpenLiveReply, ReplySlot } from './live-reply.ts';

/** A generation that this process still has to see to its end. */
export interface OpenJob {
  readonly job: Job;
  /** Ends the run with the reason that its person gave. */
  readonly cancel: AbortController;
}

/** A reply with generations that have not ended, or whose end its person was not told. */
export class Session {
  readonly id: string;
  readonly userId: string;
  /** By generation, those that have ended included. */
  readonly #liveReplies: ReadonlyMap<string, LiveReply>;
  /** By generation; each leaves when its end is in the store. */
  readonly #open: Map<string, OpenJob>;
  /**
   * Generations whose end Discord did not accept. While there is one, the reply is not settled, so
   * that the next start tells it if this process cannot.
   */
  readonly unannounced = new Set<string>();

  constructor(
    { id, target }: { id: string; target: ReplyTarget },
    liveReplies: ReadonlyMap<string, LiveReply>,
    jobs: readonly Job[],
  ) {
    this.id = id;
    this.userId = target.userId;
    this.#liveReplies = liveReplies;
    this.#open = new Map(
      jobs.map((job) => [job.subject.id, { job, cancel: new AbortController() }]),
    );
  }

  get jobs(): Job[] {
    return [...this.#open.values()].map(({ job }) => job);
  }

  /** Whether every generation has ended and its person knows how. */
  get isDone(): boolean {
    return this.#open.size === 0 && this.unannounced.size === 0;
  }

  find(generationId: string): OpenJob | null {
    return this.#open.get(generationId) ?? null;
  }

  /** Every generation of a session has a live reply; anything else is a bug. */
  liveReply(generationId: string): LiveReply {
    const live = this.#liveReplies.get(generationId);
    if (live === undefined) throw new Failure('internal', 'a generation without a live reply');
    return live;
  }

  /** What the next run of a generation goes on from; null when there is nothing left to bring. */
  keepImage(generationId: string, image: GeneratedImage | null): void {
    const open = this.#open.get(generationId);
    if (open) this.#open.set(generationId, { ...open, job: { ...open.job, image } });
  }

  /** Its end is in the store. */
  close(generationId: string): void {
    this.#open.delete(generationId);
  }
}

interface SessionDeps {
  store: Pick<Store, 'replies'>;
  openLiveReply: OpenLiveReply;
  log: Logger;
}

/** The replies that this process sees to their end. */
export class Sessions {
  /**
   * Replies that this process admits or has admitted, from before they are in the store until they
   * are settled; a recovery is about those of others.
   */
  readonly own = new Set<string>();
  readonly #deps: SessionDeps;
  readonly #byReply = new Map<string, Session>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
  }

  open(
    reply: { id: string; target: ReplyTarget },
    slots: readonly ReplySlot[],
    jobs: readonly Job[],
  ): Session {
    const { store, openLiveReply, log } = this.#deps;
    const liveReplies = openLiveReply(reply.target, slots, (messageId, isPrivate) => {
      store.replies.setMessage(reply.id, messageId, isPrivate).catch((error: unknown) => {
        log.error({ replyId: reply.id, err: error }, 'a message id could not be noted');
      });
    });
    const session = new Session(reply, liveReplies, jobs);
    this.#byReply.set(reply.id, session);
    return session;
  }

  /** The jobs of a reply that have not ended. */
  jobsOf(replyId: string): Job[] {
    return this.#byReply.get(replyId)?.jobs ?? [];
  }

  all(): Iterable<Session> {
    return this.#byReply.values();
  }

  find(generationId: string): (OpenJob & { session: Session }) | null {
    for (const session of this.#byReply.values()) {
      const open = session.find(generationId);
      if (open) return { session, ...open };
    }
    return null;
  }

  /** A reply is settled, and its token erased, when the last of its states was shown. */
  async settleWhenDone(session: Session): Promise<void> {
    if (!session.isDone) return;
    this.#byReply.delete(session.id);
    this.own.delete(session.id);
    const { store, log } = this.#deps;
    await store.replies.settle(session.id).catch((error: unknown) => {
      log.error({ replyId: session.id, err: error }, 'a reply could not be settled');
    });
  }
}
