import type { Logger } from 'pino';
import { Semaphore } from '../../async/semaphore.ts';
import { Failure } from '../../domain.ts';
import {
  CALLS_WITH_HEADER,
  type PictureCall,
  type PictureCallName,
  type PictureResult,
} from './calls.ts';
import { type ChildOptions, type EndReason, PictureChild, PictureProcessEnded } from './child.ts';

const DEFAULTS = {
  /** How long the process stays after its last call; it starts again in a third of a second. */
  idleMs: 10_000,
  tickMs: 1_000,
  /** On a machine with nothing to spare, libvips takes some seconds to load. */
  startTicks: 30,
  unresponsiveTicks: 10,
} as const;

/** Ticks that a call may take: several times what the largest pictures need on a small machine. */
const DEADLINES = {
  open: 30,
  encode: 75,
  thumbnail: 20,
  measure: 5,
  convert: 40,
  chart: 20,
  check: 30,
  /**
   * Of `CALLS_WITH_HEADER`, until the header is read. A camera's takes milliseconds; one of
   * compressed texts or of 300,000 frames takes minutes.
   */
  header: 5,
} as const satisfies Record<PictureCallName | 'header', number>;

/**
 * Calls that wait for all others: files of people may take their whole deadline, and a picture that
 * is paid for must not wait for all of those that were attached before it.
 */
const LOW_PRIORITY: ReadonlySet<PictureCallName> = new Set(['convert', 'thumbnail']);

/** Tries of a call that had no part in the end of its process. */
const MAX_TRIES = 3;
/** How long `health` reports an end of the process. */
const RECENT_MS = 10 * 60_000;
/** Ends that are remembered; more within `RECENT_MS` change nothing for the operator. */
const MAX_ENDS = 100;

export interface PictureProcessOptions extends Partial<Omit<ChildOptions, 'onEnd'>> {
  log?: Logger;
  /** Like all others but the log: other values than the defaults, for tests. */
  idleMs?: number;
  deadlines?: Partial<Record<keyof typeof DEADLINES, number>>;
}

/** Starts the picture process when it is needed, and anew whenever it ended; one call at a time. */
export class PictureProcessSupervisor {
  readonly #options: Required<Omit<PictureProcessOptions, 'log' | 'deadlines'>>;
  readonly #deadlines: Record<keyof typeof DEADLINES, number>;
  readonly #log: Logger | undefined;
  readonly #mutex = new Semaphore(1);
  /** Aborted by `close`, for good. */
  readonly #closing = new AbortController();
  /** The process that takes the next call; null before the first one, and once it has ended. */
  #child: PictureChild | null = null;
  /** Runs while nothing is under way; ends the process. */
  #idleTimer: NodeJS.Timeout | null = null;
  /** When the process ended against our will, and why; the newest last. */
  #ends: { at: number; reason: EndReason }[] = [];
  /** Ends in a row that no call had a part in; 0 again with the first result. */
  #failedStarts = 0;
  /** Whether the last call drew a chart: the fonts' library stays in the memory of its process. */
  #hasDrawn = false;

  constructor({ log, deadlines, ...options }: PictureProcessOptions) {
    const script = new URL('../process/main.ts', import.meta.url);
    this.#options = { ...DEFAULTS, script, ...options };
    this.#deadlines = { ...DEADLINES, ...deadlines };
    this.#log = log;
  }

  /**
   * Carries out a call when its turn comes. Rejects with `Failure`, with `PictureProcessEnded` where
   * the call ended the process, or with the reason of the signal, which ends the wait and the work.
   */
  async run<Name extends PictureCallName>(
    call: PictureCall & { do: Name },
    signal?: AbortSignal,
  ): Promise<PictureResult<Name>> {
    const closing = this.#closing.signal;
    const stop = signal === undefined ? closing : AbortSignal.any([closing, signal]);
    const priority = LOW_PRIORITY.has(call.do) ? 'normal' : 'high';
    const result = await this.#mutex.run(() => this.#retry(call, stop), { signal: stop, priority });
    return result as PictureResult<Name>;
  }

  /** What is known of the process, for the operator. */
  health(): { state: 'ok' | 'warn' | 'fail'; detail: string } {
    const since = Date.now() - RECENT_MS;
    const recent = this.#ends.filter(({ at }) => at >= since);
    const reasons = [...new Set(recent.map(({ reason }) => END_TEXTS[reason]))].join(', ');
    const history = `ended ${recent.length} times in 10 min (${reasons})`;
    if (this.#child?.isLate) {
      return { state: 'fail', detail: 'the picture process does not answer; it is started anew' };
    }
    if (this.#failedStarts >= MAX_TRIES) {
      const detail = `the picture process does not work: ${history}; see the log`;
      return { state: 'fail', detail };
    }
    if (recent.length > 0) return { state: 'warn', detail: `the picture process ${history}` };
    return { state: 'ok', detail: this.#child === null ? 'starts when needed' : 'running' };
  }

  /** Ends the process, and every call that waits or is under way. */
  async close(): Promise<void> {
    this.#closing.abort(new Failure('interrupted', 'the picture process is closed'));
    this.#stopIdleTimer();
    await this.#child?.end('released');
  }

  async #retry(call: PictureCall, signal: AbortSignal): Promise<unknown> {
    for (let tries = 1; ; tries++) {
      try {
        const result = await this.#try(call, signal);
        this.#failedStarts = 0;
        return result;
      } catch (error) {
        if (!(error instanceof PictureProcessEnded)) throw error;
        this.#failedStarts = error.isRetryable ? this.#failedStarts + 1 : 0;
        if (!error.isRetryable) throw error;
        if (tries < MAX_TRIES) continue;
        if (error.reason === 'unresponsive') throw error;
        throw new Failure('internal', 'the picture process does not start', { cause: error });
      }
    }
  }

  async #try(call: PictureCall, signal: AbortSignal): Promise<unknown> {
    this.#stopIdleTimer();
    if (this.#hasDrawn && call.do !== 'chart') await this.#child?.end('released');
    this.#hasDrawn = call.do === 'chart';
    this.#child ??= this.#start();
    const headerTicks = CALLS_WITH_HEADER.has(call.do) ? this.#deadlines.header : null;
    try {
      return await this.#child.call(call, { headerTicks, ticks: this.#deadlines[call.do] }, signal);
    } finally {
      this.#idleTimer = setTimeout(() => void this.#child?.end('released'), this.#options.idleMs);
      this.#idleTimer.unref();
    }
  }

  #start(): PictureChild {
    const child = new PictureChild({
      ...this.#options,
      onEnd: (error) => {
        if (this.#child === child) this.#child = null;
        const { reason, message } = error;
        if (reason === 'released') return;
        this.#ends = [...this.#ends.slice(1 - MAX_ENDS), { at: Date.now(), reason }];
        this.#log?.warn({ reason }, `the picture process ended: ${message}`);
      },
    });
    return child;
  }

  #stopIdleTimer(): void {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
  }
}

const END_TEXTS = {
  deadline: 'a picture took too long',
  memory: 'a picture took too much memory',
  died: 'it died',
  unresponsive: 'it stood still',
  start: 'it did not start',
  released: '',
} as const satisfies Record<EndReason, string>;
