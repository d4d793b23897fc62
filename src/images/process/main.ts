/**
 * The picture process: decodes and encodes for the bot, which talks to it through
 * `picture-process-client.ts` alone. It holds no secret and ends with the bot, or when the bot ends
 * it.
 */
import { writeFileSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { constants, setPriority } from 'node:os';
import sharp from 'sharp';
import { Failure } from '../../domain.ts';
import {
  type CallMessage,
  OUT_OF_MEMORY_SIGNAL,
  type PictureCall,
  type PictureResult,
  type ProcessMessage,
} from '../process-client/calls.ts';
import { drawUsageChart } from './chart.ts';
import { convertPicture, openForeign } from './convert.ts';
import { DECODE_LIMITS } from './decode-cost.ts';
import { encodePicture, readFacts } from './encode.ts';
import { checkCodecs } from './self-check.ts';
import { makeThumbnail } from './thumbnail.ts';

const INTERVALS = {
  /** Between two signs of life. */
  aliveMs: 1_000,
  /** Between two looks at the memory: a decoder fills some megabytes in this time. */
  memoryMs: 10,
} as const;

/** Calls about files of other people's; the rest is about pictures that the bot asked for. */
const BOUNDED: ReadonlySet<PictureCall['do']> = new Set(['convert', 'measure', 'thumbnail']);

// Whoever waits for an acknowledgement has less time than whoever waits for a picture.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Where memory runs out, the kernel is to take this process, which starts again in no time.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Linux alone knows it.
}
// The cache would hold 50 MB and the handles of files that the spool has removed.
sharp.cache(false);
// Each thread has buffers of its own, and one picture at a time is made.
sharp.concurrency(1);

/** Ends at once: an orderly exit would wait for threads that still decode. */
function end(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
}

// A signal for the whole group is the bot's to follow: it lets the work in hand come to its end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => end('SIGKILL'));

function tell(message: ProcessMessage): void {
  // Where the bot is gone the disconnect ends this process; there is nobody to tell.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function carryOut(call: PictureCall): Promise<PictureResult> {
  switch (call.do) {
    case 'open':
      return { facts: await readFacts(call.path, call.limits) };
    case 'encode':
      await encodePicture(call.path, call.facts, call.encode, call.output, call.limits);
      return {};
    case 'thumbnail':
      return { bytes: await makeThumbnail(call.path) };
    case 'measure':
      return { size: await measure(call.path) };
    case 'convert':
      await convertPicture(call);
      return {};
    case 'chart':
      return { bytes: await drawUsageChart(call.chart) };
    case 'check':
      return { versions: await checkCodecs() };
  }
}

/** Width and height from the header, without the pixels; null when libvips reads no such file. */
async function measure(path: string): Promise<{ width: number; height: number } | null> {
  const { width, height } = await openForeign(path)
    .metadata()
    .catch(() => ({ width: 0, height: 0 }));
  return width > 0 && height > 0 ? { width, height } : null;
}

/** Ends the process when it has more memory than a call may take; returns what stops the watch. */
function watchMemory(): () => void {
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() > DECODE_LIMITS.residentBytes) end(OUT_OF_MEMORY_SIGNAL);
  }, INTERVALS.memoryMs);
  return () => clearInterval(timer);
}

process.on('message', ({ id, ...call }: CallMessage) => {
  tell({ tell: 'began', id });
  const stopWatch = BOUNDED.has(call.do) ? watchMemory() : () => {};
  carryOut(call)
    .then((result): ProcessMessage => ({ tell: 'result', id, result }))
    .catch((error: unknown): ProcessMessage => {
      const { kind, message, details } =
        error instanceof Failure ? error : new Failure('internal', String(error));
      const cause = error instanceof Failure ? String(error.cause ?? '') : '';
      const failure = { kind, message: `${message} ${cause}`.trim(), details };
      return { tell: 'failure', id, failure };
    })
    .then((message) => {
      stopWatch();
      tell(message);
    });
});

setInterval(() => tell({ tell: 'alive' }), INTERVALS.aliveMs);
tell({ tell: 'ready' });
// By itself Node writes it at an end that this process never has.
flushCompileCache();
