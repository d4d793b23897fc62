import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { Failure } from '../../domain.ts';
import {
  type CallMessage,
  OUT_OF_MEMORY_SIGNAL,
  type PictureCall,
  type PictureResult,
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
  /** It stood still as a whole: stopped, or swapped out. The call is not to blame. */
  | 'silent'
  /** It did not start, or died before the call reached it. The call is not to blame. */
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

  /** Whether the same call may go well in another process. */
  get isBlameless(): boolean {
    return this.reason === 'silent' || this.reason === 'start';
  }
}

export interface ChildOptions {
  script: URL;
  /** All other times are counted in these, so that a bot that stood still itself blames nobody. */
  tickMs: number;
  /** Ticks until it must have started. */
  startTicks: number;
  /** Ticks without a sign of life after which it stands still. */
  silentTicks: number;
  /** Is told once, when the process is gone or given up. */
  onEnd: (error: PictureProcessEnded) => void;
}

/** One process; it carries out one call at a time. */
export interface PictureChild {
  readonly pid: number | undefined;
  /** Whether it has missed several signs of life by now. */
  readonly isSilent: boolean;
  /** Rejects with `Failure`, `PictureProcessEnded`, or the reason of the signal, which ends it. */
  call(what: PictureCall, deadlineTicks: number, signal: AbortSignal): Promise<PictureResult>;
  /** Ends the process, also one that is stopped; resolves when it is gone. */
  end(reason: EndReason): Promise<void>;
}

/** Signs of life come once a second; two may be late on a busy machine. */
const SILENT_AFTER_TICKS = 3;
/** How long a killed process may take to be gone: one that waits for a disk cannot be hurried. */
const GONE_MS = 2_000;

interface Active {
  id: number;
  hasBegun: boolean;
  ticks: number;
  deadlineTicks: number;
  resolve: (result: PictureResult) => void;
  reject: (error: Error) => void;
}

export function startPictureChild(options: ChildOptions): PictureChild {
  const { script, tickMs, startTicks, silentTicks, onEnd } = options;
  const child = spawn(script);
  const gone = Promise.withResolvers<void>();
  let isReady = false;
  let quietTicks = 0;
  let active: Active | null = null;
  let ended: PictureProcessEnded | null = null;
  let lastId = 0;

  const timer = setInterval(tick, tickMs);
  timer.unref();

  function tick(): void {
    quietTicks += 1;
    if (quietTicks > SILENT_AFTER_TICKS + 1 && isStopped(child.pid)) {
      void end('silent');
    } else if (!isReady) {
      if (quietTicks > startTicks) void end('start');
    } else if (quietTicks > silentTicks) {
      void end('silent');
    } else if (active !== null && ++active.ticks > active.deadlineTicks) {
      void end('deadline');
    }
  }

  /** Whatever ends it, this runs once; the call is answered when the process can write no more. */
  function noteEnd(reason: EndReason, message: string): void {
    if (ended !== null) return;
    clearInterval(timer);
    ended = new PictureProcessEnded(reason, message);
    onEnd(ended);
  }

  function noteGone(): void {
    gone.resolve();
    if (ended !== null) active?.reject(ended);
    active = null;
  }

  async function end(reason: EndReason): Promise<void> {
    noteEnd(reason, `it was ended (${reason})`);
    child.kill('SIGKILL');
    const late = setTimeout(noteGone, GONE_MS);
    await gone.promise;
    clearTimeout(late);
  }

  child.on('message', (message: ProcessMessage) => {
    quietTicks = 0;
    switch (message.tell) {
      case 'ready':
        isReady = true;
        return;
      case 'began':
        if (active?.id === message.id) active.hasBegun = true;
        return;
      case 'result':
      case 'failure': {
        if (active?.id !== message.id) return;
        const { resolve, reject } = active;
        active = null;
        if (message.tell === 'result') return resolve(message.result);
        const { kind, message: words, details } = message.failure;
        return reject(new Failure(kind, words, { details }));
      }
      default:
        return;
    }
  });
  child.on('error', (error) => {
    // A process that never came to be tells of no exit.
    if (child.pid !== undefined) return;
    noteEnd('start', error.message);
    noteGone();
  });
  child.on('exit', (code, signal) => {
    const isUnheard = active !== null && !active.hasBegun;
    const reason = signal === OUT_OF_MEMORY_SIGNAL ? 'memory' : isUnheard ? 'start' : 'died';
    noteEnd(reason, `it ended by ${signal ?? `exit code ${code}`}`);
    noteGone();
  });
  hold(false);

  /** While it works it keeps the bot alive; idle, it does not. */
  function hold(isWorking: boolean): void {
    const change = isWorking ? 'ref' : 'unref';
    child[change]();
    child.channel?.[change]();
  }

  return {
    pid: child.pid,
    get isSilent() {
      return quietTicks > (isReady ? SILENT_AFTER_TICKS : startTicks / 2);
    },
    async call(what, deadlineTicks, signal) {
      signal.throwIfAborted();
      if (ended !== null) throw ended;
      const { promise, resolve, reject } = Promise.withResolvers<PictureResult>();
      const id = ++lastId;
      active = { id, hasBegun: false, ticks: 0, deadlineTicks, resolve, reject };
      const leave = () => void end('released');
      signal.addEventListener('abort', leave, { once: true });
      hold(true);
      try {
        // What cannot be sent is told by the exit that follows.
        child.send({ ...what, id } satisfies CallMessage, () => {});
        return await promise;
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      } finally {
        signal.removeEventListener('abort', leave);
        hold(false);
      }
    },
    end,
  };
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
  // Node adds a folder for its version and this user to the one that it is told of.
  const cache = getCompileCacheDir();
  return fork(script, {
    // Nothing of the bot's own environment: its token is no business of a codec.
    env: { ...ALLOCATOR, ...(cache && { NODE_COMPILE_CACHE: dirname(cache) }) },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
