import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DefaultWorld, type LocalDiscord, startLocalDiscord } from '@darkroom/sandbox/discord';
import type { RequestRecord } from '@darkroom/sandbox/gemini';
import { startFlags } from '../start-flags.ts';
import type { Sample } from './monitor.ts';

/** The bot's own process, children not counted. */
export interface ProcessFigures {
  longestPauseMs: number;
  longestWorkMs: number;
  peakRssMb: number;
}

/** A bot under measurement, between a local Discord in this process and a local Gemini in another. */
export interface RunningBot {
  discord: LocalDiscord;
  /** The process of the bot. */
  pid: number;
  /** Whether that process has ended by itself. */
  hasEnded(): boolean;
  /** Requests to the model that have ended, oldest first. */
  answered: readonly RequestRecord[];
  /** 1 is a person's pace, 0 as fast as possible. */
  setPace(pace: number): void;
  /** What the bot's process showed since a moment; waits for the line that covers the present. */
  watched(sinceMs: number): Promise<ProcessFigures>;
  close(): Promise<void>;
}

const DARKROOM = new URL('../../src/start.js', import.meta.url);
const MONITOR = new URL('./monitor.ts', import.meta.url);

/** A sample is written every tenth of a second. */
const SAMPLE_WAIT_MS = 150;

/** Starts Darkroom, or another bot by its script; each in a fresh process with a fresh store. */
export async function startBot(options: {
  script?: URL;
  env?: Readonly<Record<string, string>>;
  world?: DefaultWorld;
  /** Fills the data folder before the bot starts. */
  prepare?: (dataDir: string) => Promise<void>;
}): Promise<RunningBot> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
  const monitorFile = join(folder, 'monitor.jsonl');
  const model = fork(new URL('./model-process.ts', import.meta.url));
  const [{ url, key }] = (await once(model, 'message')) as [{ url: string; key: string }];
  const answered: RequestRecord[] = [];
  model.on('message', ({ record }: { record: RequestRecord }) => answered.push(record));
  const discord = await startLocalDiscord(options.world ? { world: options.world } : {});
  const dataDir = join(folder, 'data');
  await options.prepare?.(dataDir);
  const env = {
    DISCORD_TOKEN: discord.botToken,
    DISCORD_API_URL: discord.apiUrl,
    ATTACHMENT_HOSTS: discord.cdnOrigin,
    ANYFAST_API_KEY: key,
    ANYFAST_BASE_URL: url,
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    USER_CONCURRENT: '1000',
    // As the image and the unit have it.
    MALLOC_ARENA_MAX: '1',
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TRIM_THRESHOLD_: '131072',
    MONITOR_FILE: monitorFile,
    ...options.env,
  };
  const script = fileURLToPath(options.script ?? DARKROOM);
  // Darkroom as `npm start` has it; another bot as people start theirs.
  const flags = options.script === undefined ? startFlags() : [];
  const bot = spawn(process.execPath, [...flags, '--import', MONITOR.href, script], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(bot, 'exit').then(() => {
    throw new Error('the bot under measurement has ended');
  });
  ended.catch(() => {});
  await Promise.race([discord.whenReady(), ended]);

  return {
    discord,
    pid: bot.pid ?? 0,
    hasEnded: () => bot.exitCode !== null || bot.signalCode !== null,
    answered,
    setPace: (pace) => void model.send({ pace }),
    async watched(sinceMs) {
      await new Promise((resolve) => setTimeout(resolve, SAMPLE_WAIT_MS));
      const lines = (await readFile(monitorFile, 'utf8')).trim().split('\n');
      const samples = lines.map((line) => JSON.parse(line) as Sample);
      // The sample after the moment reaches back before it, so it is left out.
      const [, ...since] = samples.filter(({ at }) => at >= sinceMs);
      return {
        longestPauseMs: Math.max(0, ...since.map(({ pauseMs }) => pauseMs)),
        longestWorkMs: Math.max(0, ...since.map(({ workMs }) => workMs)),
        peakRssMb: samples.at(-1)?.peakRssMb ?? 0,
      };
    },
    async close() {
      await Promise.all([endProcess(bot, 'SIGKILL'), endProcess(model, 'SIGTERM')]);
      await discord.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}
