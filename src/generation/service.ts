import { customAlphabet } from 'nanoid';
import { type AdmissionDeps, admit } from '../admission/admit.ts';
import { estimateCostMicros } from '../admission/cost.ts';
import { settingsOf } from '../admission/effective-settings.ts';
import { checkReferences, withReadPrompt } from '../admission/policy.ts';
import {
  Failure,
  type GenerationRequest,
  type ReplyTarget,
  type RequestCommand,
} from '../domain.ts';
import type { NewReply, OpenReply, Origin, Store } from '../store/store.ts';
import {
  type Job,
  NOTHING_ASKED,
  type RunDeps,
  subjectOf,
  type Untold,
  workingState,
} from './job.ts';
import type {
  FailedState,
  LiveReply,
  OpenLiveReplies,
  ReplySlot,
  WorkingState,
} from './live-reply.ts';
import { findOriginLink } from './origin.ts';
import { createQueue, type QueueEntry } from './queue.ts';
import { type FindWhole, planRecovery } from './recovery.ts';
import { cancelledFailure, runGeneration, shutdownFailure } from './run.ts';
import { createThumbnails } from './thumbnails.ts';

/** What a person asks for with one command. */
export interface Submission {
  command: RequestCommand;
  target: ReplyTarget;
  requests: GenerationRequest[];
  origin: Origin | null;
  /** The person's roles on this server, for exemptions. */
  roleIds: readonly string[];
}

/** Takes requests in and sees each through to its end, also across restarts. */
export interface GenerationService {
  /**
   * Admits and enqueues; the reply tells the rest. Returns the generations' ids.
   *
   * @throws Failure `limit` when something speaks against it; `interrupted` while stopping.
   */
  submit(submission: Submission): Promise<string[]>;
  /** Takes up what earlier processes left behind. */
  recover(): Promise<void>;
  /** Ends a generation at any state; false when it had ended already. */
  cancel(generationId: string): Promise<boolean>;
  /** Ends all of a reply's generations that have not ended; false when there were none. */
  cancelReply(replyId: string): Promise<boolean>;
  /**
   * Takes no new work and waits for what runs; after `timeoutMs` the rest is left for the next
   * start, which its replies say.
   */
  drain(timeoutMs: number): Promise<void>;
  /** Resolves when nothing is under way that no run waits for: thumbnails. */
  settled(): Promise<void>;
  readonly running: number;
  readonly waiting: number;
}

export interface ServiceDeps extends Omit<RunDeps, 'thumbnails'>, AdmissionDeps {
  store: Store;
  openReply: OpenLiveReplies;
  findWhole: FindWhole;
  /** Generations of one model that run at once. */
  maxConcurrent: number;
}

/** Between tries to bring something to Discord that it did not take with all patience. */
const AGAIN_MS = 120_000;

/** Between tries to write something to the store: 1 s at first, twice as long each time. */
function storePauseMs(tries: number): number {
  return Math.min(1_000 * 2 ** (tries - 1), 60_000);
}

/** 60 random bits, in letters that are hard to misread; people read these ids to operators. */
const newId = customAlphabet('0123456789abcdefghjkmnpqrstvwxyz', 12);

/** A reply with generations that have not ended. */
interface Session {
  id: string;
  userId: string;
  /** By generation, those that have ended included. */
  lives: ReadonlyMap<string, LiveReply>;
  /** Generations that this process still has to see to their end. */
  open: Map<string, { job: Job; cancel: AbortController }>;
  /** Generations whose end Discord did not take: the next start tells it if this process cannot. */
  untold: Set<string>;
}

export function createGenerationService(deps: ServiceDeps): GenerationService {
  const { store, log } = deps;
  const shutdown = new AbortController();
  const sessions = new Map<string, Session>();
  const admissions = new Set<Promise<unknown>>();
  /** Generations whose picture Discord did not take, and that wait for the next try. */
  const postponed = new Set<string>();
  /** What writes down each end that the store has not taken. */
  const unrecorded = new Map<string, () => Promise<void>>();
  /** Replies that this process admitted; `recover` is about those of others. */
  const own = new Set<string>();
  const thumbnails = createThumbnails(deps);
  const runDeps: RunDeps = { ...deps, thumbnails };
  let stopping = false;

  const queue = createQueue({
    maxConcurrent: deps.maxConcurrent,
    run: runQueued,
    moved: showPositions,
  });

  function findOpen(generationId: string) {
    for (const session of sessions.values()) {
      const entry = session.open.get(generationId);
      if (entry) return { session, ...entry };
    }
    return null;
  }

  async function runQueued(entry: QueueEntry): Promise<void> {
    const { id } = entry;
    const found = findOpen(id);
    if (found === null) return;
    const { session, job, cancel } = found;
    const signal = AbortSignal.any([shutdown.signal, cancel.signal]);
    try {
      const end = await runGeneration(job, liveOf(session, id), runDeps, signal);
      if (end.kind === 'undelivered' || end.kind === 'unsaved') {
        job.made = end.made;
        const tries = end.made.unsaved?.tries ?? 1;
        postpone(entry, end.kind === 'unsaved' ? storePauseMs(tries) : AGAIN_MS);
        return;
      }
      if (end.kind === 'unrecorded') {
        // What its person has is no reason to refuse them another.
        job.made = null;
        if (end.untold) owe(session, end.untold);
        recordLater(session, id, end.record, 1);
        return;
      }
      if (end.kind === 'untold') owe(session, end);
    } catch (error) {
      log.error({ id, err: error }, 'a run broke');
    }
    session.open.delete(id);
    await settleWhenDone(session);
  }

  /** A picture that is whole and cannot go out now: its file keeps it for the next start, too. */
  function postpone(entry: QueueEntry, pauseMs: number): void {
    postponed.add(entry.id);
    later(() => {
      if (postponed.delete(entry.id)) queue.add(entry);
    }, pauseMs);
  }

  /** Tells an end later that Discord did not take. */
  function owe(session: Session, { state, isRefused }: Untold): void {
    session.untold.add(state.id);
    if (!isRefused) later(() => void tellAgain(session, state));
  }

  /** Writes down what the person has already, as soon as the store takes it. */
  function recordLater(
    session: Session,
    id: string,
    record: () => Promise<void>,
    tries: number,
  ): void {
    async function recordNow(): Promise<void> {
      if (!unrecorded.delete(id)) return;
      try {
        await record();
      } catch (error) {
        log.error({ id, err: error, tries }, 'an end could not be written down');
        recordLater(session, id, record, tries + 1);
        return;
      }
      session.open.delete(id);
      await settleWhenDone(session);
    }
    unrecorded.set(id, recordNow);
    later(() => void recordNow(), storePauseMs(tries));
  }

  /** What this process does not come to is left to the next start. */
  function later(act: () => void, pauseMs = AGAIN_MS): void {
    const timer = setTimeout(() => {
      if (!stopping) act();
    }, pauseMs);
    timer.unref();
  }

  /** Whether a request would pay for a picture once more that is made and only waits to be sent. */
  function isMadeAlready({ command, origin, requests }: Submission): boolean {
    if (command !== 'again' || origin === null) return false;
    const open = sessions.get(origin.replyId)?.open;
    const jobs = [...(open?.values() ?? [])].map(({ job }) => job);
    const made = jobs.filter((job) => job.made !== null);
    return made.some(({ id }) => requests.length > 1 || id === origin.generationId);
  }

  async function tellAgain(session: Session, end: FailedState): Promise<void> {
    try {
      const told = await liveOf(session, end.id).fail(end);
      // What Discord refuses in any words is not said again by this process; the next start tries.
      if (told === 'refused') {
        session.untold.add(end.id);
        return;
      }
    } catch (error) {
      log.error({ id: end.id, err: error }, 'the reply could not be told of its end');
      session.untold.add(end.id);
      later(() => void tellAgain(session, end));
      return;
    }
    session.untold.delete(end.id);
    await settleWhenDone(session);
  }

  /** A reply is settled, and its token erased, when the last of its states was shown. */
  async function settleWhenDone(session: Session): Promise<void> {
    if (session.open.size > 0 || session.untold.size > 0) return;
    sessions.delete(session.id);
    own.delete(session.id);
    await store.replies.settle(session.id).catch((error: unknown) => {
      log.error({ replyId: session.id, err: error }, 'a reply could not be settled');
    });
  }

  function openSession(
    id: string,
    target: ReplyTarget,
    slots: readonly ReplySlot[],
    jobs: readonly Job[],
  ): Session {
    const lives = deps.openReply(target, slots, (messageId, isPrivate) => {
      store.replies.setMessage(id, messageId, isPrivate).catch((error: unknown) => {
        log.error({ replyId: id, err: error }, 'a message id could not be noted');
      });
    });
    const open = new Map(jobs.map((job) => [job.id, { job, cancel: new AbortController() }]));
    const session = { id, userId: target.userId, lives, open, untold: new Set<string>() };
    sessions.set(id, session);
    return session;
  }

  function showPositions(): void {
    const positions = queue.positions();
    if (positions.size === 0) return;
    for (const session of sessions.values()) {
      for (const { job } of session.open.values()) {
        const position = positions.get(job.id);
        if (position !== undefined) liveOf(session, job.id).show(queuedState(job, position));
      }
    }
  }

  async function admitAndEnqueue(submission: Submission): Promise<string[]> {
    const { command, target, origin, roleIds } = submission;
    const requests = submission.requests.map(withReadPrompt);
    const generations = requests.map((request) => ({
      id: newId(),
      request,
      reservedCostMicros: estimateCostMicros(request, deps.prices),
    }));
    const reply: NewReply = {
      id: newId(),
      command,
      target,
      origin,
      createdAt: deps.now(),
      generations,
    };
    if (isMadeAlready(submission)) {
      throw new Failure('limit', 'made already', { details: { problem: 'already_made' } });
    }
    for (const { references } of requests) checkReferences(references, deps.maxReferenceBytes);
    // Before admission: what fails behind it would be told as a failure, and made all the same.
    const originLink = await findOriginLink(reply, store.replies);
    own.add(reply.id);
    const typed = submission.requests.map(({ prompt }) => prompt);
    const admission = admit(reply, typed, roleIds, deps);
    const { largestSize } = await admission.catch((error: unknown) => {
      own.delete(reply.id);
      throw error;
    });
    const ids = generations.map(({ id }) => id);
    const { guildId, userId } = target;
    log.info({ replyId: reply.id, ids, command, guildId, userId }, 'admitted');
    const isPrivate = target.ephemeral;
    const common = { replyId: reply.id, isPrivate, origin: originLink, largestSize };
    const jobs = generations.map(({ id, request }): Job => {
      const { createdAt: askedAt } = reply;
      return { ...common, id, request, askedAt, ...NOTHING_ASKED };
    });
    const slots = jobs.map((job) => ({ subject: subjectOf(job), end: null }));
    openSession(reply.id, target, slots, jobs);
    for (const { id, request } of generations) queue.add({ id, userId, model: request.model });
    return ids;
  }

  async function takeUp(reply: OpenReply): Promise<void> {
    const { target } = reply;
    const origin = await findOriginLink(reply, store.replies);
    const { largestSize } = await settingsOf(target.guildId, deps);
    const { jobs, slots, ends } = await planRecovery(reply, { origin, largestSize }, deps);
    const session = openSession(reply.id, target, slots, jobs);
    for (const end of ends) await tellAgain(session, end);
    for (const { id, request } of jobs) {
      queue.add({ id, userId: reply.userId, model: request.model });
    }
    log.info({ replyId: reply.id, ids: jobs.map(({ id }) => id) }, 'taken up again');
    await settleWhenDone(session);
  }

  async function cancel(generationId: string): Promise<boolean> {
    const found = findOpen(generationId);
    if (found === null) return false;
    const { session, job } = found;
    const asked = job.attempts > 0 || job.made !== null;
    const failure = cancelledFailure('cancelled by a person', asked);
    if (!queue.remove(generationId) && !postponed.delete(generationId)) {
      found.cancel.abort(failure);
      return true;
    }
    const { kind, details } = failure;
    try {
      await store.generations.conclude(generationId, {
        state: 'cancelled',
        failure: { kind, details },
      });
    } catch (error) {
      // It is not cancelled, and goes on as if nobody had asked for that.
      const { model } = job.request;
      postpone({ id: generationId, userId: session.userId, model }, storePauseMs(1));
      throw error;
    }
    session.open.delete(generationId);
    await tellAgain(session, { id: job.id, subject: subjectOf(job), failure });
    return true;
  }

  return {
    async submit(submission) {
      if (stopping) throw new Failure('interrupted', 'stopping');
      const admission = admitAndEnqueue(submission);
      admissions.add(admission);
      try {
        return await admission;
      } finally {
        admissions.delete(admission);
      }
    },

    async recover() {
      for (const reply of await store.replies.unsettled()) {
        if (own.has(reply.id)) continue;
        try {
          await takeUp(reply);
        } catch (error) {
          // One reply that nothing can be done with must not stop the others.
          log.error({ replyId: reply.id, err: error }, 'could not be taken up again');
        }
      }
    },

    cancel,

    async cancelReply(replyId) {
      const ids = [...(sessions.get(replyId)?.open.keys() ?? [])];
      const ended = await Promise.all(ids.map((id) => cancel(id)));
      return ended.includes(true);
    },

    async drain(timeoutMs) {
      stopping = true;
      queue.stop();
      await Promise.allSettled(admissions);
      const interrupt = setTimeout(() => shutdown.abort(shutdownFailure()), timeoutMs);
      await queue.idle();
      clearTimeout(interrupt);
      // What is open in the store would be asked for again by the next start.
      await Promise.all([...unrecorded.values()].map((recordNow) => recordNow()));
    },
    settled: () => thumbnails.settled(),

    get running() {
      return queue.running;
    },
    get waiting() {
      return queue.waiting;
    },
  };
}

/** Every generation of a session has a live reply; anything else is a bug. */
function liveOf({ lives }: Session, generationId: string): LiveReply {
  const live = lives.get(generationId);
  if (live === undefined) throw new Failure('internal', 'a generation without a live reply');
  return live;
}

function queuedState(job: Job, position: number): WorkingState {
  return { ...workingState(job, 'queued'), position };
}
