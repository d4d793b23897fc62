import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type LocalDiscord, startLocalDiscord } from '@darkroom/sandbox/discord';
import { residentMb } from '../soak/process-memory.ts';
import { startFlags } from '../start-flags.ts';
import { median } from '../statistics.ts';
import type { SuiteOptions } from '../suite.ts';

/** As `npm start` has it, and the least that discord.js does. */
const BOTS = {
  darkroom: [...startFlags(), fileURLToPath(new URL('../../src/start.js', import.meta.url))],
  bare: [fileURLToPath(new URL('./bare-bot.ts', import.meta.url))],
} as const;
type Bot = keyof typeof BOTS;

/** Long enough for what follows a start, such as the first sweep of files, to be over. */
const IDLE_AFTER_MS = 3_000;

interface Start {
  /** From the start of the process to the line that says that it is ready. */
  readyMs: number;
  idleRssMb: number;
}

/**
 * How soon the bot is ready, and what it takes while nobody asks, beside a bare client that logs
 * in to the same local Discord. Cold is the first start, before there is a compile cache.
 */
export async function run({ runs, say }: SuiteOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-start-'));
  const discord = await startLocalDiscord();
  const start = (bot: Bot, cache: string) => startOnce(bot, join(folder, cache), discord, folder);
  try {
    const cold: Start[] = [];
    const warm: Record<Bot, Start[]> = { darkroom: [], bare: [] };
    await start('bare', 'warm');
    await start('darkroom', 'warm');
    for (let index = 0; index < runs; index++) {
      cold.push(await start('darkroom', `cold-${index}`));
      // One after the other in each run, so that both meet the same moods of the machine.
      for (const bot of ['bare', 'darkroom'] as const) warm[bot].push(await start(bot, 'warm'));
    }
    const darkroom = medians(warm.darkroom);
    const bare = medians(warm.bare);
    const coldMs = medians(cold).readyMs;
    say(
      `start: ready after ${darkroom.readyMs} ms (cold ${coldMs}), a bare client ${bare.readyMs}; ` +
        `idle ${darkroom.idleRssMb} MiB, a bare client ${bare.idleRssMb}`,
    );
    return {
      suite: 'start',
      readyMs: darkroom.readyMs,
      bareReadyMs: bare.readyMs,
      idleRssMb: darkroom.idleRssMb,
      bareRssMb: bare.idleRssMb,
      coldReadyMs: coldMs,
    };
  } finally {
    await discord.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startOnce(
  bot: Bot,
  cache: string,
  discord: LocalDiscord,
  folder: string,
): Promise<Start> {
  const began = performance.now();
  const child = spawn(process.execPath, BOTS[bot], {
    cwd: folder,
    env: {
      DISCORD_TOKEN: discord.botToken,
      DISCORD_API_URL: discord.apiUrl,
      // Nothing is asked of the model.
      ANYFAST_API_KEY: 'none',
      ANYFAST_BASE_URL: 'http://127.0.0.1:9',
      DATA_DIR: join(folder, 'data'),
      NODE_COMPILE_CACHE: cache,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await Promise.race([
    saidReady(child.stdout),
    exited.then(() => Promise.reject(new Error(`${bot} ended by itself`))),
  ]);
  const readyMs = performance.now() - began;
  await delay(IDLE_AFTER_MS);
  const idleRssMb = residentMb(child.pid ?? 0);
  // By SIGTERM, as the compile cache is written at a clean end.
  child.kill('SIGTERM');
  await exited;
  if (idleRssMb === null) throw new Error(`${bot} ended by itself`);
  return { readyMs, idleRssMb };
}

/** Goes on reading behind the line, so that the process can go on writing. */
async function saidReady(output: Readable): Promise<void> {
  let said = '';
  await new Promise<void>((resolve) => {
    output.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('"msg":"ready"')) resolve();
    });
  });
}

function medians(starts: readonly Start[]): Start {
  return {
    readyMs: Math.round(median(starts.map(({ readyMs }) => readyMs))),
    idleRssMb: Math.round(median(starts.map(({ idleRssMb }) => idleRssMb))),
  };
}
