import { Worker } from 'node:worker_threads';
import { Failure } from '../domain.ts';
import type { Weight } from './word-list.ts';

/** What the thread is told: to go on with these expressions from one of them on. */
export interface ThreadCall {
  expressions: readonly string[];
  /** What to look through; null to weigh the expressions instead. */
  texts: readonly string[] | null;
  from: number;
  /** Processor time in milliseconds after which the next expression has to wait. */
  sliceMs: number;
}

export interface ThreadAnswer {
  /** Where to go on; null when all is done. */
  next: number | null;
  found: boolean;
  weights: Weight[];
  /** Processor time in milliseconds. */
  spentMs: number;
}

/** It was not done in the time that one list may take. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** Compiles and matches expressions where it holds nobody up. */
export interface ExpressionThread {
  /**
   * Whether one of the expressions is found in one of the texts.
   *
   * @param owner Whose list it is: each has one turn after the other.
   * @throws TooSlow
   */
  find(owner: string, expressions: readonly string[], texts: readonly string[]): Promise<boolean>;
  /**
   * What each expression compiles to.
   *
   * @throws TooSlow
   */
  weigh(owner: string, expressions: readonly string[]): Promise<Weight[]>;
  /** Ends the thread; what is asked of it rejects with a Failure `interrupted` from then on. */
  close(): Promise<void>;
}

export interface ThreadLimits {
  /** Processor time of one turn; the expression in hand is brought to its end. */
  sliceMs: number;
  /** Processor time that one request may take, over all of its turns. */
  spentMs: number;
  /** A turn that takes so long is no turn: the thread is ended and started anew. */
  turnMs: number;
  /** Requests of one owner that may wait. */
  waiting: number;
  /** How long the thread stays without work. */
  idleMs: number;
}

const LIMITS: ThreadLimits = {
  sliceMs: 25,
  spentMs: 5_000,
  turnMs: 20_000,
  waiting: 100,
  idleMs: 60_000,
};

/** Answers that came while the process itself stood still are heard before a turn is given up. */
const GRACE_MS = 200;

/** Of a thread; a list that needs more makes it end, as one that takes too long does. */
const MEMORY = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 } as const;

interface Job {
  owner: string;
  expressions: readonly string[];
  texts: readonly string[] | null;
  from: number;
  spentMs: number;
  weights: Weight[];
  /** Whether a thread has died of it, or of what was there before it. */
  hasEndedThread: boolean;
  done: PromiseWithResolvers<{ found: boolean; weights: Weight[] }>;
}

/**
 * One thread, started when it is needed. Owners take turns of a few milliseconds, so that a list
 * that takes seconds delays the others' by that much and no more.
 */
export function createExpressionThread(limits: Partial<ThreadLimits> = {}): ExpressionThread {
  const { sliceMs, spentMs, turnMs, waiting, idleMs } = { ...LIMITS, ...limits };
  /** Who waits, the next one first; each with what they asked for. */
  const lines = new Map<string, Job[]>();
  let current: Job | null = null;
  let worker: Worker | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  function start(): Worker {
    const made = new Worker(new URL('./expression-worker.ts', import.meta.url), {
      // Nothing of the bot's own environment: its token is no business of an expression.
      env: {},
      argv: [],
      resourceLimits: MEMORY,
    });
    made.on('message', (answer: ThreadAnswer) => {
      if (worker === made && current !== null) take(current, answer);
    });
    made.on('error', () => ended(made));
    made.on('exit', () => ended(made));
    return made;
  }

  /** The thread died by itself: for want of memory, as nothing else in it can fail so. */
  function ended(which: Worker): void {
    if (worker !== which) return;
    worker = null;
    const job = current;
    current = null;
    clearTimeout(timer);
    // It may have been full of what others had compiled; a second one is full of this.
    if (job !== null && !job.hasEndedThread) {
      job.hasEndedThread = true;
      putBack(job);
    } else job?.done.reject(new TooSlow('the expressions take too much memory'));
    goOn();
  }

  function giveUp(): void {
    const job = current;
    current = null;
    void worker?.terminate();
    worker = null;
    job?.done.reject(new TooSlow(`a turn took more than ${turnMs} ms`));
    goOn();
  }

  function take(job: Job, { next, found, weights, spentMs: spent }: ThreadAnswer): void {
    clearTimeout(timer);
    current = null;
    job.weights.push(...weights);
    job.spentMs += spent;
    if (next === null) job.done.resolve({ found, weights: job.weights });
    else if (job.spentMs >= spentMs) {
      job.done.reject(new TooSlow(`the expressions took ${Math.round(job.spentMs)} ms`));
    } else {
      job.from = next;
      putBack(job);
    }
    goOn();
  }

  /** First in its owner's line, and that line behind all others'. */
  function putBack(job: Job): void {
    const line = lines.get(job.owner) ?? [];
    line.unshift(job);
    lines.delete(job.owner);
    lines.set(job.owner, line);
  }

  /** Gives the next owner a turn, when nobody has one. */
  function goOn(): void {
    if (current !== null || isClosed) return;
    const [line] = lines.values();
    const job = line?.shift();
    if (line === undefined || job === undefined) {
      rest();
      return;
    }
    if (line.length === 0) lines.delete(job.owner);
    current = job;
    worker ??= start();
    worker.ref();
    const { expressions, texts, from } = job;
    const call: ThreadCall = { expressions, texts, from, sliceMs };
    worker.postMessage(call);
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, GRACE_MS);
    }, turnMs);
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  function rest(): void {
    worker?.unref();
    clearTimeout(timer);
    timer = setTimeout(() => {
      void worker?.terminate();
      worker = null;
    }, idleMs);
    timer.unref();
  }

  async function ask(
    owner: string,
    expressions: readonly string[],
    texts: readonly string[] | null,
  ): Promise<{ found: boolean; weights: Weight[] }> {
    if (expressions.length === 0) return { found: false, weights: [] };
    const line = lines.get(owner) ?? [];
    if (isClosed) throw stopping();
    if (line.length >= waiting) throw new TooSlow('too many wait already');
    const done = Promise.withResolvers<{ found: boolean; weights: Weight[] }>();
    const fresh = { from: 0, spentMs: 0, weights: [], hasEndedThread: false };
    line.push({ owner, expressions, texts, ...fresh, done });
    lines.set(owner, line);
    goOn();
    return await done.promise;
  }

  return {
    async find(owner, expressions, texts) {
      const { found } = await ask(owner, expressions, texts);
      return found;
    },
    async weigh(owner, expressions) {
      const { weights } = await ask(owner, expressions, null);
      return weights;
    },
    async close() {
      isClosed = true;
      clearTimeout(timer);
      const left = [...lines.values()].flat();
      if (current !== null) left.push(current);
      for (const { done } of left) done.reject(stopping());
      lines.clear();
      current = null;
      await worker?.terminate();
      worker = null;
    },
  };
}

function stopping(): Failure {
  return new Failure('interrupted', 'the process is stopping');
}
