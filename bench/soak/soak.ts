import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox } from '@darkroom/sandbox';
import sharp from 'sharp';
import { openReadOnlyStore } from '../../src/store/store.ts';
import { type LoadResult, runLoad } from './load.ts';
import {
  childrenOf,
  countHandles,
  growthPerHour,
  type Handles,
  watchProcess,
} from './process-memory.ts';

export interface SoakOptions {
  seconds: number;
  /** Left out of the growth: caches fill, code is compiled, pools open. */
  warmUpSeconds: number;
  /** People who ask at once. */
  people: number;
  sampleMs: number;
  /** How long connections that are kept for the next request may take to close by themselves. */
  restWithinMs: number;
  say: (line: string) => void;
}

export interface SoakReport extends LoadResult {
  seconds: number;
  /** Of the bot's own process, in MiB. */
  peakRssMb: number;
  /** With the process that fits pictures, in MiB: the figure for a container. */
  peakTogetherMb: number;
  /** By the line of least squares after the warm-up; over a short run it is mostly noise. */
  growthMbPerHour: number;
  /** Open files and sockets at rest, before and after. */
  before: Handles;
  after: Handles;
  /** Files in the spool that nothing needs any more; always a fault. */
  spoolFiles: number;
  /** Pictures that are kept for a day on purpose, as Discord has them only smaller. */
  originalsKept: number;
}

const PHOTO = { width: 2_400, height: 1_600 } as const;

/**
 * Runs the real bot, with eight generations at once of each model, under a mixed load in fast
 * time. The servers that it speaks to are in this process, so that only the bot is measured.
 */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const { seconds, people, say } = options;
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-soak-'));
  const photo = join(folder, 'photo.jpg');
  await drawPhoto(photo);
  const sandbox = await startSandbox({
    dataDir: join(folder, 'data'),
    discord: { maxStoredBytes: 500_000_000 },
    env: {
      MAX_CONCURRENT: '8',
      USER_CONCURRENT: '1000',
      LOG_LEVEL: 'warn',
    },
  });
  try {
    // Its limits would bound the load; how the bot lives with them is tested elsewhere.
    sandbox.discord.controls.set({ rateLimits: false });
    const pid = sandbox.bot?.pid ?? 0;
    const spool = join(folder, 'data', 'spool');
    // A first picture, and the thread that follows the start, open what stays open.
    await runLoad(
      { discord: sandbox.discord, photo, people: 1, until: Date.now() + 2_500 },
      noResult(),
    );
    const before = countHandles(pid);
    const watch = watchProcess(pid, options.sampleMs);
    const result = noResult();
    const progress = setInterval(() => {
      const now = watch.samples.at(-1);
      const { asked, pictures } = result;
      const memory = Math.round(now?.rssMb ?? 0);
      say(`${Math.round(now?.at ?? 0)} s: ${asked} asked, ${pictures} pictures, ${memory} MiB`);
    }, 30_000);
    const until = Date.now() + seconds * 1_000;
    await runLoad({ discord: sandbox.discord, photo, people, until }, result);
    clearInterval(progress);
    watch.stop();
    await atRest(pid, before, options.restWithinMs);
    const kept = await keptOriginals(join(folder, 'data', 'darkroom.sqlite'), spool);
    const afterWarmUp = watch.samples.filter(({ at }) => at >= options.warmUpSeconds);
    return {
      ...result,
      seconds,
      peakRssMb: round(Math.max(...watch.samples.map(({ rssMb }) => rssMb))),
      peakTogetherMb: round(Math.max(...watch.samples.map(({ togetherMb }) => togetherMb))),
      growthMbPerHour: round(growthPerHour(afterWarmUp)),
      before,
      after: countHandles(pid),
      spoolFiles: (await readdir(spool)).length - kept,
      originalsKept: kept,
    };
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function noResult(): LoadResult {
  return { asked: 0, pictures: 0, without: {}, unfinished: 0 };
}

/** Waits until the process has let go of everything, or the time is over and the report says so. */
async function atRest(pid: number, before: Handles, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    const { files, sockets } = countHandles(pid);
    const isResting = files <= before.files && sockets <= before.sockets;
    if (isResting && childrenOf(pid).length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** How many files of the spool are originals of pictures that went out smaller. */
async function keptOriginals(file: string, spool: string): Promise<number> {
  const store = await openReadOnlyStore(file);
  try {
    let kept = 0;
    for (const name of await readdir(spool)) {
      const generation = await store.generations.get(name.split('.')[0] ?? '');
      const { state, image, attachment } = generation ?? {};
      if (state === 'delivered' && image?.bytes !== attachment?.bytes) kept += 1;
    }
    return kept;
  } finally {
    await store.close();
  }
}

/** Noise, so that it has the bytes of a photograph. */
async function drawPhoto(path: string): Promise<void> {
  const noise = { type: 'gaussian', mean: 128, sigma: 40 } as const;
  await sharp({ create: { ...PHOTO, channels: 3, background: '#000000', noise } })
    .jpeg({ quality: 80 })
    .toFile(path);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
