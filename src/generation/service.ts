import { type AdmissionDeps, admit } from '../admission/admit.ts';
import { settingsOf } from '../admission/effective-settings.ts';
import { checkReferences } from '../admission/policy.ts';
import { Failure } from '../domain.ts';
import type { NewReply, OpenReply, Store } from '../store/store.ts';
import { type Job, type RunDeps, workingState } from './job.ts';
import type { OpenLiveReply } from './live-reply.ts';
import { findOriginLink } from './origin.ts';
import { Queue, type QueueEntry } from './queue.ts';
import { type FindWhole, planRecovery } from './recovery.ts';
import { DISCORD_RETRY_INTERVAL_MS, Retries, storePauseMs } from './retries.ts';
import { endGeneration } from './run/end-generation.ts';
import { cancelledFailure, runGeneration, shutdownFailure } from './run/run.ts';
import { Thumbnails } from './run/thumbnails.ts';
import { Sessions } from './sessions.ts';
import { newJobs, newReply, type Submission } from './submission.ts';

export interface ServiceDeps extends Omit<RunDeps, 'keepThumbnail' | 'generations'>, AdmissionDeps {
  store: Store;
  openLiveReply: OpenLiveReply;
  findWhole: FindWhole;
  /** Generations of one model that run at once. */
  maxConcurrent: number;
}

/** Takes requests in and sees each through to its end, also across restarts. */
export class GenerationService {
  readonly #deps: ServiceDeps & RunDeps;
  readonly #sessions: Sessions;
  readonly #queue: Queue;
  readonly #retries: Retries;
  readonly #thumbnails: Thumbnails;
  /** Aborts what still runs when a drain has taken too long. */
  readonly #shutdown = new AbortController();
  /** Submissions that are being admitted; a drain waits for them. */
  readonly #admissions = new Set<Promise<unknown>>();
  /** Set once, by `drain`: nothing new is taken in. */
  #isStopping = false;

  constructor(deps: ServiceDeps) {
    const { generations } = deps.store;
    const thumbnails = new Thumbnails({ ...deps, generations });
    this.#thumbnails = thumbnails;
    const keepThumbnail: RunDeps['keepThumbnail'] = (...job) => thumbnails.keep(...job);
    this.#deps = { ...deps, generations, keepThumbnail };
    this.#sessions = new Sessions(deps);
    this.#queue = new Queue({
      maxConcurrent: deps.maxConcurrent,
      run: (entry) => this.#run(entry),
      onChange: () => this.#showPositions(),
    });
    const enqueue = (entry: QueueEntry) => this.#queue.add(entry);
    this.#retries = new Retries({ sessions: this.#sessions, enqueue, log: deps.log });
  }

  /**
   * Admits and enqueues; the reply tells the rest. Returns the generations' ids.
   *
   * @throws Failure `limit` when something speaks against it; `interrupted` while stopping.
   */
  async submit(submission: Submission): Promise<string[]> {
    if (this.#isStopping) throw new Failure('interrupted', 'stopping');
    const admission = this.#admitAndEnqueue(submission);
    this.#admissions.add(admission);
    try {
      return await admission;
    } catch (error) {
      const reason = error instanceof Failure ? error.reason : null;
      if (reason?.kind === 'limit') {
        const { details } = reason;
        const limit = details.problem ?? details.refusal.limit;
        this.#deps.report({ type: 'request_refused', limit });
      }
      throw error;
    } finally {
      this.#admissions.delete(admission);
    }
  }

  /** Takes up what earlier processes left behind. */
  async recover(): Promise<void> {
    const { store, log } = this.#deps;
    for (const reply of await store.replies.unsettled()) {
      if (this.#sessions.own.has(reply.id)) continue;
      try {
        await this.#takeUp(reply);
      } catch (error) {
        // One reply that nothing can be done with must not stop the others.
        log.error({ replyId: reply.id, err: error }, 'could not be taken up again');
      }
    }
  }

  /** Ends a generation at any state; false when it had ended already. */
  async cancel(generationId: string): Promise<boolean> {
    const found = this.#sessions.find(generationId);
    if (found === null) return false;
    const { session, job } = found;
    const spent = job.image?.spent ?? job.spent;
    const asked = spent.attempts > 0 || job.image !== null;
    const failure = cancelledFailure('cancelled by a person', asked);
    if (!this.#queue.remove(generationId) && !this.#retries.remove(generationId)) {
      found.cancel.abort(failure);
      return true;
    }
    try {
      await endGeneration(job, { state: 'cancelled', failure }, { spent }, this.#deps);
    } catch (error) {
      // It is not cancelled, and goes on as if nobody had asked for that.
      this.#retries.postpone(queueEntry(job, session.userId), storePauseMs(1));
      throw error;
    }
    session.close(generationId);
    await this.#retries.announce(session, { id: generationId, subject: job.subject, failure });
    return true;
  }

  /** Ends all of a reply's generations that have not ended; false when there were none. */
  async cancelReply(replyId: string): Promise<boolean> {
    const jobs = this.#sessions.jobsOf(replyId);
    const ended = await Promise.all(jobs.map(({ subject }) => this.cancel(subject.id)));
    return ended.includes(true);
  }

  /**
   * Takes no new work and waits for what runs; after `timeoutMs` the rest is left for the next
   * start, which its replies say.
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    this.#retries.stop();
    this.#queue.stop();
    await Promise.allSettled(this.#admissions);
    const interrupt = setTimeout(() => this.#shutdown.abort(shutdownFailure()), timeoutMs);
    await this.#queue.idle();
    clearTimeout(interrupt);
    await this.#retries.recordAll();
  }

  /** Resolves when nothing is under way that no run waits for: thumbnails. */
  settled(): Promise<void> {
    return this.#thumbnails.settled();
  }

  get running(): number {
    return this.#queue.running;
  }

  get waiting(): number {
    return this.#queue.waiting;
  }

  async #admitAndEnqueue(submission: Submission): Promise<string[]> {
    const { store, maxReferenceBytes, log } = this.#deps;
    const { command, requests, roleIds } = submission;
    const reply = newReply(submission, this.#deps);
    if (this.#isMadeAlready(submission)) {
      throw new Failure('limit', 'made already', { details: { problem: 'already_made' } });
    }
    for (const { references } of requests) checkReferences(references, maxReferenceBytes);
    // Before admission: what fails behind it would be told as a failure, and made all the same.
    const origin = await findOriginLink(reply, store.replies);
    this.#sessions.own.add(reply.id);
    const typed = requests.map(({ prompt }) => prompt);
    const admission = admit(reply, typed, roleIds, this.#deps);
    const { largestSize } = await admission.catch((error: unknown) => {
      this.#sessions.own.delete(reply.id);
      throw error;
    });
    const ids = reply.generations.map(({ id }) => id);
    const { guildId, userId } = reply.target;
    log.info({ replyId: reply.id, ids, command, guildId, userId }, 'admitted');
    this.#start(reply, newJobs(reply, { origin, largestSize }));
    return ids;
  }

  #start(reply: NewReply, jobs: readonly Job[]): void {
    const slots = jobs.map(({ subject }) => ({ subject, end: null }));
    const { userId } = this.#sessions.open(reply, slots, jobs);
    for (const job of jobs) this.#queue.add(queueEntry(job, userId));
  }

  /** Whether a request would pay for a picture once more that is made and only waits to be sent. */
  #isMadeAlready({ command, origin, requests }: Submission): boolean {
    if (command !== 'again' || origin === null) return false;
    const made = this.#sessions.jobsOf(origin.replyId).filter(({ image }) => image !== null);
    return made.some(({ subject }) => requests.length > 1 || subject.id === origin.generationId);
  }

  async #takeUp(reply: OpenReply): Promise<void> {
    const { store, gemini, log } = this.#deps;
    const origin = await findOriginLink(reply, store.replies);
    const { largestSize } = await settingsOf(reply.target.guildId, store, this.#deps);
    const deps = { ...this.#deps, maxAttempts: gemini.limits.attempts };
    const { jobs, slots, ends } = await planRecovery(reply, { origin, largestSize }, deps);
    const session = this.#sessions.open(reply, slots, jobs);
    for (const end of ends) await this.#retries.announce(session, end);
    for (const job of jobs) this.#queue.add(queueEntry(job, reply.userId));
    log.info({ replyId: reply.id, ids: jobs.map(({ subject }) => subject.id) }, 'taken up again');
    await this.#sessions.settleWhenDone(session);
  }

  /** Carries a generation through one run, and sees to what is left to do about it. */
  async #run(entry: QueueEntry): Promise<void> {
    const { id } = entry;
    const found = this.#sessions.find(id);
    if (found === null) return;
    const { session, job, cancel } = found;
    const signal = AbortSignal.any([this.#shutdown.signal, cancel.signal]);
    try {
      const end = await runGeneration(job, session.liveReply(id), this.#deps, signal);
      switch (end.kind) {
        case 'undelivered':
          session.keepImage(id, end.image);
          return this.#retries.postpone(entry, DISCORD_RETRY_INTERVAL_MS);
        case 'unsaved':
          session.keepImage(id, end.image);
          return this.#retries.postpone(entry, storePauseMs(end.image.unsaved?.tries ?? 1));
        case 'unrecorded':
          // What its person has is no reason to refuse them another.
          session.keepImage(id, null);
          if (end.notice) this.#retries.announceLater(session, end.notice);
          return this.#retries.recordLater(session, id, end.record);
        case 'unannounced':
          this.#retries.announceLater(session, end.notice);
      }
    } catch (error) {
      this.#deps.log.error({ id, err: error }, 'a run failed unexpectedly');
    }
    session.close(id);
    await this.#sessions.settleWhenDone(session);
  }

  #showPositions(): void {
    const positions = this.#queue.positions();
    if (positions.size === 0) return;
    for (const session of this.#sessions.all()) {
      for (const job of session.jobs) {
        const { id } = job.subject;
        const position = positions.get(id);
        if (position === undefined) continue;
        session.liveReply(id).show({ ...workingState(job, 'queued'), position });
      }
    }
  }
}

function queueEntry({ subject }: Job, userId: string): QueueEntry {
  return { id: subject.id, userId, model: subject.request.model };
}
