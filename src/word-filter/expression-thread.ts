import { Worker } from 'node:worker_threads';
import { Failure } from '../domain.ts';
import type { ExpressionCost } from './word-list.ts';

/** What the thread is told: to go on with these expressions from one of them on. */
export interface ThreadCall {
  expressions: readonly string[];
  /** What to look through; null to measure the expressions instead. */
  texts: readonly string[] | null;
  from: number;
  /** Processor time in milliseconds after which the next expression has to wait. */
  sliceMs: number;
}

export interface ThreadAnswer {
  /** Where to go on; null when all is done. */
  next: number | null;
  found: boolean;
  costs: ExpressionCost[];
  /** Processor time in milliseconds. */
  spentMs: number;
}

/** It was not done in the time that one list may take. */
export class TooSlowError extends Error {
  override readonly name = 'TooSlowError';
}

const LIMITS = {
  /** Processor time of one turn, in milliseconds; the expression in hand is brought to its end. */
  sliceMs: 25,
  /** Processor time that one request may take, over all of its turns. */
  spentMs: 5_000,
  /** Real time of a turn; after it the thread is ended and started anew. */
  turnMs: 20_000,
  /** Requests of one owner that may wait. */
  waiting: 100,
  /** How long the thread stays without work. */
  idleMs: 60_000,
};

/** Answers that came while the process itself stood still are heard before a turn is given up. */
const GRACE_MS = 200;

/** Of a thread; a list that needs more makes it end, as one that takes too long does. */
const MEMORY = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 } as const;

type ThreadResult = Pick<ThreadAnswer, 'found' | 'costs'>;

interface Job extends Omit<ThreadCall, 'sliceMs'> {
  owner: string;
  spentMs: number;
  costs: ExpressionCost[];
  /** Whether a thread has died of it, or of what was there before it. */
  hasEndedThread: boolean;
  done: PromiseWithResolvers<ThreadResult>;
}

/**
 * Compiles and matches expressions where it holds nobody up: in one thread, started when it is
 * needed. Owners take turns of a few milliseconds, so that a list that takes seconds delays the
 * others' by that much and no more.
 */
export class ExpressionThread {
  readonly #limits: typeof LIMITS;
  /** Jobs that wait, by owner, the owner whose turn is next first. Never holds an empty queue. */
  readonly #queues = new Map<string, Job[]>();
  /** The job that the thread works on; in no queue. null between two turns. */
  #current: Job | null = null;
  /** null before the first job, after the thread died or idled out. */
  #worker: Worker | null = null;
  /** Bounds the current turn; without one, the idle time of the thread. */
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(limits: Partial<typeof LIMITS> = {}) {
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * Whether one of the expressions is found in one of the texts.
   *
   * @param owner Whose list it is: each has one turn after the other.
   * @throws TooSlowError; Failure `interrupted` once closed.
   */
  async find(
    owner: string,
    expressions: readonly string[],
    texts: readonly string[],
  ): Promise<boolean> {
    return (await this.#run(owner, expressions, texts)).found;
  }

  /**
   * What each expression costs, in order.
   *
   * @throws TooSlowError; Failure `interrupted` once closed.
   */
  async measureCosts(owner: string, expressions: readonly string[]): Promise<ExpressionCost[]> {
    return (await this.#run(owner, expressions, null)).costs;
  }

  /** Ends the thread; what is asked of it rejects from then on. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const jobs = [...this.#queues.values()].flat();
    if (this.#current !== null) jobs.push(this.#current);
    for (const { done } of jobs) done.reject(stopping());
    this.#queues.clear();
    this.#current = null;
    await this.#terminate();
  }

  async #run(
    owner: string,
    expressions: readonly string[],
    texts: readonly string[] | null,
  ): Promise<ThreadResult> {
    if (expressions.length === 0) return { found: false, costs: [] };
    if (this.#isClosed) throw stopping();
    const queue = this.#queues.get(owner) ?? [];
    if (queue.length >= this.#limits.waiting) throw new TooSlowError('too many wait already');
    const done = Promise.withResolvers<ThreadResult>();
    const fresh = { from: 0, spentMs: 0, costs: [], hasEndedThread: false };
    queue.push({ owner, expressions, texts, ...fresh, done });
    this.#queues.set(owner, queue);
    this.#startNext();
    return await done.promise;
  }

  /** Gives the next owner a turn, unless somebody has one. */
  #startNext(): void {
    if (this.#current !== null || this.#isClosed) return;
    const [queue] = this.#queues.values();
    const job = queue?.shift();
    if (queue === undefined || job === undefined) {
      this.#idle();
      return;
    }
    if (queue.length === 0) this.#queues.delete(job.owner);
    this.#current = job;
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    const { expressions, texts, from } = job;
    const { sliceMs, turnMs } = this.#limits;
    const call: ThreadCall = { expressions, texts, from, sliceMs };
    this.#worker.postMessage(call);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#giveUpTurn(), GRACE_MS);
    }, turnMs);
  }

  #startWorker(): Worker {
    const worker = new Worker(new URL('./expression-worker.ts', import.meta.url), {
      // Nothing of the bot's own environment: its token is no business of an expression.
      env: {},
      argv: [],
      resourceLimits: MEMORY,
    });
    worker.on('message', (answer: ThreadAnswer) => {
      if (this.#worker === worker && this.#current !== null) this.#endTurn(this.#current, answer);
    });
    worker.on('error', () => this.#onExit(worker));
    worker.on('exit', () => this.#onExit(worker));
    return worker;
  }

  #endTurn(job: Job, { next, found, costs, spentMs }: ThreadAnswer): void {
    this.#current = null;
    job.costs.push(...costs);
    job.spentMs += spentMs;
    if (next === null) {
      job.done.resolve({ found, costs: job.costs });
    } else if (job.spentMs >= this.#limits.spentMs) {
      job.done.reject(new TooSlowError(`the expressions took ${Math.round(job.spentMs)} ms`));
    } else {
      job.from = next;
      this.#requeue(job);
    }
    this.#startNext();
  }

  /** First in its owner's queue, and that queue behind all others. */
  #requeue(job: Job): void {
    const queue = [job, ...(this.#queues.get(job.owner) ?? [])];
    this.#queues.delete(job.owner);
    this.#queues.set(job.owner, queue);
  }

  /** The thread died by itself: for want of memory, as nothing else in it can fail so. */
  #onExit(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    const job = this.#current;
    this.#current = null;
    // It may have been full of what others had compiled; a second one is full of this.
    if (job !== null && !job.hasEndedThread) {
      job.hasEndedThread = true;
      this.#requeue(job);
    } else {
      job?.done.reject(new TooSlowError('the expressions take too much memory'));
    }
    this.#startNext();
  }

  #giveUpTurn(): void {
    const job = this.#current;
    this.#current = null;
    void this.#terminate();
    job?.done.reject(new TooSlowError(`a turn took more than ${this.#limits.turnMs} ms`));
    this.#startNext();
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  #idle(): void {
    this.#worker?.unref();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#terminate(), this.#limits.idleMs);
    this.#timer.unref();
  }

  async #terminate(): Promise<void> {
    clearTimeout(this.#timer);
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }
}

function stopping(): Failure {
  return new Failure('interrupted', 'the process is stopping');
}
