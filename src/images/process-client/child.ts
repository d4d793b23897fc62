import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Failure } from '../../domain.ts';
import {
  type CallMessage,
  OUT_OF_MEMORY_SIGNAL,
  type PictureCall,
  type ProcessMessage,
} from './calls.ts';

/**
 * For glibc, whose allocator keeps what libvips' threads give back: 24 hard fits grew a process to
 * 550 MB. With every large block mapped by itself it stays at 100 MB, with peaks of 330 MB.
 */
const ALLOCATOR = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_TOP_PAD_: '0',
} as const;

/** How the picture process came to its end. */
export type EndReason =
  /** The call took longer than it may. */
  | 'deadline'
  /** The call passed its bound on memory. */
  | 'memory'
  /** It crashed, or something outside ended it. */
  | 'died'
  /** It stopped as a whole: by a signal, or swapped out. The same call may go well in another. */
  | 'unresponsive'
  /** It did not start, or died before the call reached it. The same call may go well in another. */
  | 'start'
  /** Nobody needed it any more, or its caller gave up. */
  | 'released';

/** The picture process ended before it had answered a call. */
export class PictureProcessEnded extends Error {
  override readonly name = 'PictureProcessEnded';
  readonly reason: EndReason;

  constructor(reason: EndReason, message: string) {
    super(message);
    this.reason = reason;
  }

  /** Whether the call had no part in it. */
  get isRetryable(): boolean {
    return this.reason === 'unresponsive' || this.reason === 'start';
  }
}

export interface ChildOptions {
  script: URL;
  /**
   * Milliseconds of a tick. All other times are counted in ticks of the bot's own event loop: while
   * the bot itself stands still, nobody's time runs out.
   */
  tickMs: number;
  /** Ticks until it must have started. */
  startTicks: number;
  /** Ticks without a message after which it counts as unresponsive. */
  unresponsiveTicks: number;
  /** Called once, when the process has ended or is given up. */
  onEnd: (error: PictureProcessEnded) => void;
}

/** Ticks that a call may take, counted from when the process has started. */
export interface CallDeadline {
  /** Until the header of its file is read; null for a call without a file to judge. */
  headerTicks: number | null;
  /** All together. */
  ticks: number;
}

/** It sends `alive` once a second; two of these may be late on a busy machine. */
const LATE_TICKS = 3;
/** How long a killed process may take to exit: one that waits for a disk cannot be hurried. */
const EXIT_MS = 2_000;

interface ActiveCall {
  id: number;
  deadline: CallDeadline;
  ticks: number;
  /** Set by `started`: the call has arrived, so whatever happens from here on is its doing. */
  isStarted: boolean;
  /** Set by `header_read`; from then on `deadline.headerTicks` no longer counts. */
  isHeaderRead: boolean;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** One process; it carries out one call at a time. */
export class PictureChild {
  readonly #options: ChildOptions;
  readonly #child: ChildProcess;
  readonly #timer: NodeJS.Timeout;
  /** Resolved when the process can write no more, or is not waited for any longer. */
  readonly #exited = Promise.withResolvers<void>();
  #isReady = false;
  #ticksSinceMessage = 0;
  /** The call that is under way; null between two calls, and for good once `#exited`. */
  #active: ActiveCall | null = null;
  /** Set by the first reason to end, which stays; no call is taken from then on. */
  #ended: PictureProcessEnded | null = null;
  #lastId = 0;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#child = spawn(options.script);
    this.#timer = setInterval(() => this.#tick(), options.tickMs);
    this.#timer.unref();
    this.#child.on('message', (message: ProcessMessage) => this.#receive(message));
    this.#child.on('error', (error) => {
      // A process that never came to be emits no `exit`.
      if (this.#child.pid !== undefined) return;
      this.#noteEnd('start', error.message);
      this.#noteExit();
    });
    this.#child.on('exit', (code, signal) => {
      const hasNotArrived = this.#active !== null && !this.#active.isStarted;
      const crash = hasNotArrived ? 'start' : 'died';
      const reason = signal === OUT_OF_MEMORY_SIGNAL ? 'memory' : crash;
      this.#noteEnd(reason, `it ended by ${signal ?? `exit code ${code}`}`);
      this.#noteExit();
    });
    this.#keepBotAlive(false);
  }

  /** Whether several `alive` messages are missing by now. */
  get isLate(): boolean {
    return this.#ticksSinceMessage > (this.#isReady ? LATE_TICKS : this.#options.startTicks / 2);
  }

  /** Rejects with `Failure`, `PictureProcessEnded`, or the reason of the signal, which ends it. */
  async call(call: PictureCall, deadline: CallDeadline, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#ended !== null) throw this.#ended;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    const progress = { ticks: 0, isStarted: false, isHeaderRead: false };
    this.#active = { id, deadline, ...progress, resolve, reject };
    const release = () => void this.end('released');
    signal.addEventListener('abort', release, { once: true });
    this.#keepBotAlive(true);
    try {
      // What cannot be sent is followed by an exit, which rejects.
      this.#child.send({ ...call, id } satisfies CallMessage, () => {});
      return await promise;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', release);
      this.#keepBotAlive(false);
    }
  }

  /** Ends the process, also one that is stopped; resolves when it has exited. */
  async end(reason: EndReason): Promise<void> {
    this.#noteEnd(reason, `it was ended (${reason})`);
    this.#child.kill('SIGKILL');
    const timeout = setTimeout(() => this.#noteExit(), EXIT_MS);
    await this.#exited.promise;
    clearTimeout(timeout);
  }

  #tick(): void {
    const { startTicks, unresponsiveTicks } = this.#options;
    this.#ticksSinceMessage += 1;
    if (this.#ticksSinceMessage > LATE_TICKS + 1 && isStopped(this.#child.pid)) {
      void this.end('unresponsive');
    } else if (!this.#isReady) {
      if (this.#ticksSinceMessage > startTicks) void this.end('start');
    } else if (this.#ticksSinceMessage > unresponsiveTicks) {
      void this.end('unresponsive');
    } else if (this.#active !== null && isOverdue(this.#active)) {
      void this.end('deadline');
    }
  }

  #receive(message: ProcessMessage): void {
    this.#ticksSinceMessage = 0;
    if (message.type === 'ready') this.#isReady = true;
    if (!('id' in message) || this.#active?.id !== message.id) return;
    const { resolve, reject } = this.#active;
    switch (message.type) {
      case 'started':
        this.#active.isStarted = true;
        return;
      case 'header_read':
        this.#active.isHeaderRead = true;
        return;
      case 'result':
        this.#active = null;
        resolve(message.result);
        return;
      case 'failure': {
        this.#active = null;
        reject(new Failure(message.failure, message.message));
      }
    }
  }

  /** Keeps the first reason only: a kill is followed by an exit. */
  #noteEnd(reason: EndReason, message: string): void {
    if (this.#ended !== null) return;
    clearInterval(this.#timer);
    this.#ended = new PictureProcessEnded(reason, message);
    this.#options.onEnd(this.#ended);
  }

  /** The call is rejected only now, when the process can write to its output no more. */
  #noteExit(): void {
    this.#exited.resolve();
    if (this.#ended !== null) this.#active?.reject(this.#ended);
    this.#active = null;
  }

  /** A process at work keeps the bot from exiting; an idle one does not. */
  #keepBotAlive(isWorking: boolean): void {
    const change = isWorking ? 'ref' : 'unref';
    this.#child[change]();
    this.#child.channel?.[change]();
  }
}

/** Adds a tick to a call; whether it has taken too long. */
function isOverdue(call: ActiveCall): boolean {
  call.ticks += 1;
  const { headerTicks, ticks } = call.deadline;
  const isHeaderOverdue = headerTicks !== null && !call.isHeaderRead && call.ticks > headerTicks;
  return isHeaderOverdue || call.ticks > ticks;
}

/** Whether the process is held by a signal or a debugger, as far as the system tells. */
function isStopped(pid: number | undefined): boolean {
  try {
    return /\) [Tt] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function spawn(script: URL): ChildProcess {
  return fork(script, {
    // Nothing of the bot's own environment: a codec needs no token, and what decodes foreign files
    // must not write compiled code that the bot loads.
    env: ALLOCATOR,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
