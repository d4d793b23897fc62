/**
 * The picture process: decodes and encodes for the bot, which talks to it through
 * `process-client/client.ts` alone. It holds no secret and ends with the bot, or when the bot ends
 * it.
 */
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import sharp from 'sharp';
import { Failure } from '../../domain.ts';
import {
  CALLS_WITH_HEADER,
  type CallMessage,
  OUT_OF_MEMORY_SIGNAL,
  type PictureCall,
  type PictureCallName,
  type PictureCalls,
  type ProcessMessage,
} from '../process-client/calls.ts';
import { drawUsageChart } from './chart.ts';
import { convertPicture, openForeign } from './convert.ts';
import { DECODE_LIMITS } from './decode-cost.ts';
import { encodePicture, readFacts } from './encode.ts';
import { makeThumbnail } from './thumbnail.ts';

const INTERVALS = {
  /** Between two `alive` messages. */
  aliveMs: 1_000,
  /** Between two looks at the memory: a decoder fills some megabytes in this time. */
  memoryMs: 10,
} as const;

const { residentBytes, fitResidentBytes } = DECODE_LIMITS;
/** Resident memory of the process at which a call ends it, whatever the estimate said. */
const RESIDENT_LIMITS = {
  convert: residentBytes,
  measure: residentBytes,
  thumbnail: residentBytes,
  open: fitResidentBytes,
  encode: fitResidentBytes,
  chart: fitResidentBytes,
  check: fitResidentBytes,
} as const satisfies Record<PictureCallName, number>;

// Discord waits three seconds for the bot's acknowledgements; nothing here is as urgent.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Where memory runs out, the kernel is to kill this process, which starts anew in a third of a second.
try {
  writeFileSync('/proc/self/oom_score_adj', '1000');
} catch {
  // Only Linux has it.
}
// The cache would hold 50 MB and the handles of files that the spool has removed.
sharp.cache(false);
// Each thread has buffers of its own, and one picture at a time is made.
sharp.concurrency(1);

/** Ends at once: an orderly exit would wait for threads that still decode. */
function end(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal);
}

// A signal for the whole process group is the bot's to handle, which lets the call in hand finish.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => end('SIGKILL'));

function send(message: ProcessMessage): void {
  // Where the bot has exited, `disconnect` ends this process; nobody is left to receive it.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

/**
 * Reads the header by itself first, for the calls that decode a file: a header can be made to take
 * minutes, so it has a deadline of its own. What is wrong with it, the call itself will say.
 */
async function readHeaderOf(id: number, call: PictureCall): Promise<void> {
  if (!('path' in call) || !CALLS_WITH_HEADER.has(call.do)) return;
  await openForeign(call.path)
    .metadata()
    .catch(() => {});
  send({ type: 'header_read', id });
}

const CALLS: PictureCalls = {
  open: ({ path, mustBeFrugal }) => readFacts(path, mustBeFrugal),
  encode: encodePicture,
  thumbnail: ({ path }) => makeThumbnail(path),
  async measure({ path }) {
    const { width, height } = await openForeign(path)
      .metadata()
      .catch(() => ({ width: 0, height: 0 }));
    return width > 0 && height > 0 ? { width, height } : null;
  },
  convert: convertPicture,
  chart: ({ chart }) => drawUsageChart(chart),
  async check() {
    const source = sharp({ create: { width: 16, height: 16, channels: 3, background: '#c92a2a' } });
    for (const format of ['png', 'jpeg', 'webp', 'gif', 'avif', 'tiff'] as const) {
      await sharp(await source.clone().toFormat(format).toBuffer()).stats();
    }
    return `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
  },
};

/** Ends the process when it has more memory than the call may take; returns what stops the watch. */
function watchMemory(call: PictureCall): () => void {
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() > RESIDENT_LIMITS[call.do]) end(OUT_OF_MEMORY_SIGNAL);
  }, INTERVALS.memoryMs);
  return () => clearInterval(timer);
}

/** Errors of libraries do not travel: what is sent is plain data. */
function failureMessage(id: number, error: unknown): ProcessMessage {
  const failure = error instanceof Failure ? error : new Failure('internal', String(error));
  const message = `${failure.message} ${String(failure.cause ?? '')}`.trim();
  return { type: 'failure', id, failure: failure.reason, message };
}

process.on('message', async ({ id, ...call }: CallMessage) => {
  send({ type: 'started', id });
  const stopWatch = watchMemory(call);
  try {
    await readHeaderOf(id, call);
    const execute = CALLS[call.do] as (call: PictureCall) => Promise<unknown>;
    const result = await execute(call);
    send({ type: 'result', id, result });
  } catch (error) {
    send(failureMessage(id, error));
  } finally {
    stopWatch();
  }
});

setInterval(() => send({ type: 'alive' }), INTERVALS.aliveMs);
send({ type: 'ready' });
