import type { Logger } from 'pino';
import { Semaphore } from '../../async/semaphore.ts';
import { Failure } from '../../domain.ts';
import type { Conversion, OpenPicture, PictureCall, PictureResult, UsageChart } from './calls.ts';
import {
  type EndReason,
  type PictureChild,
  PictureProcessEnded,
  startPictureChild,
} from './child.ts';

export { PictureProcessEnded } from './child.ts';

const DEFAULTS = {
  /** How long the process stays after its last picture; it starts again in a third of a second. */
  idleMs: 10_000,
  tickMs: 1_000,
  /** On a machine with nothing to spare, libvips takes some seconds to load. */
  startTicks: 30,
  silentTicks: 10,
  /** Tries of a call that the process stood still under, or never began. */
  tries: 3,
  /** How long an end of the process is told as news. */
  newsMs: 10 * 60_000,
} as const;

/** Ticks that a call may take: several times what the largest pictures need on a small machine. */
const DEADLINES = {
  open: 30,
  encode: 75,
  thumbnail: 20,
  measure: 10,
  convert: 40,
  chart: 20,
  check: 30,
} as const satisfies Record<PictureCall['do'], number>;

/**
 * What waits for everything else: files of people may take their whole deadline, and a picture that
 * is paid for must not wait for all of those that were attached before it.
 */
const PATIENT: ReadonlySet<PictureCall['do']> = new Set(['convert', 'thumbnail']);

/** What is known of the process, for the operator. */
export interface PictureHealth {
  state: 'ok' | 'warn' | 'fail';
  detail: string;
}

/**
 * Everything that decodes, done in a process of its own: one call at a time, in the order of
 * asking, conversions and thumbnails behind the rest. A signal ends the wait for a turn and, under way, the process. Rejects with `Failure`,
 * with `PictureProcessEnded` where the call ended the process, or the signal's reason.
 */
export interface PictureProcess {
  openPicture: OpenPicture;
  /** A small WebP, its longer side 256 pixels. */
  makeThumbnail(path: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>>;
  /** Pixels of a picture whose header only libvips reads; null when it is no picture. */
  measure(path: string): Promise<{ width: number; height: number } | null>;
  /** Writes an upright JPEG or PNG; see `Conversion`. */
  convert(conversion: Conversion, signal?: AbortSignal): Promise<void>;
  /** A PNG of a server's days. */
  drawChart(chart: UsageChart): Promise<Uint8Array<ArrayBuffer>>;
  /** Makes a picture of each type; returns the libraries' versions. */
  check(): Promise<string>;
  health(): PictureHealth;
  /** Ends the process, and every call that waits or is under way. */
  close(): Promise<void>;
}

export interface PictureProcessOptions {
  log?: Logger;
  /** Other values than the defaults, for tests. */
  idleMs?: number;
  tickMs?: number;
  startTicks?: number;
  silentTicks?: number;
  deadlines?: Partial<Record<PictureCall['do'], number>>;
  script?: URL;
}

/** The process is there while it is needed, and started anew whenever it ended. */
export function createPictureProcess(options: PictureProcessOptions = {}): PictureProcess {
  const { idleMs, tickMs, startTicks, silentTicks } = { ...DEFAULTS, ...options };
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const script = options.script ?? new URL('../process/main.ts', import.meta.url);
  const mutex = new Semaphore(1);
  const closing = new AbortController();
  let running: PictureChild | null = null;
  let idle: NodeJS.Timeout | null = null;
  /** When the process ended against our will, and why; the newest last. */
  let ends: { at: number; reason: EndReason }[] = [];
  let failedStarts = 0;
  /** Whether the last call drew a chart. */
  let hasDrawn = false;

  function start(): PictureChild {
    const child = startPictureChild({
      script,
      tickMs,
      startTicks,
      silentTicks,
      onEnd(error) {
        if (running === child) running = null;
        if (error.reason === 'released') return;
        ends = [...ends.slice(-99), { at: Date.now(), reason: error.reason }];
        options.log?.warn({ reason: error.reason }, `the picture process ended: ${error.message}`);
      },
    });
    return child;
  }

  function stopIdling(): void {
    if (idle !== null) clearTimeout(idle);
    idle = null;
  }

  async function attempt(what: PictureCall, signal: AbortSignal): Promise<PictureResult> {
    stopIdling();
    // The fonts' library stays in memory, which another picture may need.
    if (hasDrawn && what.do !== 'chart') await running?.end('released');
    hasDrawn = what.do === 'chart';
    running ??= start();
    try {
      return await running.call(what, deadlines[what.do], signal);
    } finally {
      idle = setTimeout(() => void running?.end('released'), idleMs);
      idle.unref();
    }
  }

  async function carryOut(what: PictureCall, signal: AbortSignal): Promise<PictureResult> {
    for (let tries = 1; ; tries++) {
      try {
        const result = await attempt(what, signal);
        failedStarts = 0;
        return result;
      } catch (error) {
        if (!(error instanceof PictureProcessEnded)) throw error;
        failedStarts = error.isBlameless ? failedStarts + 1 : 0;
        if (!error.isBlameless) throw error;
        if (tries < DEFAULTS.tries) continue;
        if (error.reason === 'silent') throw error;
        throw new Failure('internal', 'the picture process does not start', { cause: error });
      }
    }
  }

  function ask(what: PictureCall, signal?: AbortSignal): Promise<PictureResult> {
    const stop = signal === undefined ? closing.signal : AbortSignal.any([closing.signal, signal]);
    return mutex.run(() => carryOut(what, stop), {
      signal: stop,
      priority: PATIENT.has(what.do) ? 'normal' : 'high',
    });
  }

  return {
    async openPicture({ path }, limits, signal) {
      const facts = expected((await ask({ do: 'open', path, limits }, signal)).facts);
      return {
        ...facts,
        async encode(encode, output, signal) {
          await ask({ do: 'encode', path, limits, facts, encode, output }, signal);
        },
      };
    },
    async makeThumbnail(path, signal) {
      return expected((await ask({ do: 'thumbnail', path }, signal)).bytes);
    },
    async measure(path) {
      return expected((await ask({ do: 'measure', path })).size);
    },
    async convert(conversion, signal) {
      await ask({ do: 'convert', ...conversion }, signal);
    },
    async drawChart(chart) {
      return expected((await ask({ do: 'chart', chart })).bytes);
    },
    async check() {
      return expected((await ask({ do: 'check' })).versions);
    },
    health() {
      const since = Date.now() - DEFAULTS.newsMs;
      const news = ends.filter(({ at }) => at >= since);
      const reasons = [...new Set(news.map(({ reason }) => END_WORDS[reason]))].join(', ');
      const told = `ended ${news.length} times in 10 min (${reasons})`;
      if (running?.isSilent) {
        return { state: 'fail', detail: 'the picture process does not answer; it is started anew' };
      }
      if (failedStarts >= DEFAULTS.tries) {
        return { state: 'fail', detail: `the picture process does not work: ${told}; see the log` };
      }
      if (news.length > 0) return { state: 'warn', detail: `the picture process ${told}` };
      return { state: 'ok', detail: running === null ? 'starts when needed' : 'running' };
    },
    async close() {
      closing.abort(new Failure('interrupted', 'the picture process is closed'));
      stopIdling();
      await running?.end('released');
    },
  };
}

const END_WORDS = {
  deadline: 'a picture took too long',
  memory: 'a picture took too much memory',
  died: 'it died',
  silent: 'it stood still',
  start: 'it did not start',
  released: '',
} as const satisfies Record<EndReason, string>;

/** A result without what was asked for is a bug of the process. */
function expected<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Failure('internal', 'the picture process left its answer out');
  return value;
}
