import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  type Sandbox,
  type Settled,
  sendCommand,
  startSandbox,
  watchReply,
} from '@darkroom/sandbox';
import type { InteractionHandle } from '@darkroom/sandbox/discord';

export interface ChaosOptions {
  generations: number;
  kills: number;
  /** Between one start and the next kill, at most. */
  maxLifeMs: number;
  /** For the choice of instants, so that a run can be repeated as far as clocks allow. */
  seed: number;
  onProgress?: (text: string) => void;
}

/** What was seen, counted on the sandbox's side. */
export interface ChaosReport {
  /** Commands that were acknowledged: from there on the bot owes an end. */
  generations: number;
  kills: number;
  /** Ended with neither a picture nor a word of why. */
  lost: number;
  /** Whose picture stands in two messages. */
  deliveredTwice: number;
  /** Replies that still look like work at the end. */
  stuck: number;
  /** Asked of the model again after their picture was whole on disk. */
  paidTwice: number;
  /** SQLite's own check of the store. */
  integrity: string;
  delivered: number;
  /** Ended with words: no attempt was left, or the command was not written down yet. */
  interrupted: number;
}

/** A picture that stood whole on disk when the process was killed. */
interface WholePicture {
  prompt: string;
  killedAt: number;
}

/** What prompts ask of the local Gemini, so that kills meet every kind of stream. */
const PROMPT_DIRECTIVES = [
  '',
  '',
  '',
  '[[draft]]',
  '[[busy:1]]',
  '[[bytes:3MB]]',
  '[[two]]',
  '[[quota:1]]',
];

/** How long the last start may take to bring everything to an end. */
const SETTLE_WITHIN_MS = 120_000;

/**
 * Sends commands while the bot is killed again and again at random instants, then lets it finish,
 * and counts what became of every command.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(options.seed);
  const dataDir = await mkdtemp(join(tmpdir(), 'darkroom-chaos-'));
  const sandbox = await startSandbox({
    dataDir,
    gemini: { pace: 0.15 },
    env: { USER_CONCURRENT: '100000', MAX_CONCURRENT: '4', LOG_LEVEL: 'warn' },
  });
  try {
    const handles: { prompt: string; handle: InteractionHandle }[] = [];
    const wholes: WholePicture[] = [];
    let kills = 0;
    while (kills < options.kills || handles.length < options.generations) {
      const livesLeft = Math.max(1, options.kills - kills);
      const share = Math.ceil((options.generations - handles.length) / livesLeft);
      const lifeMs = kills < options.kills ? random() * options.maxLifeMs : options.maxLifeMs;
      const endsAt = Date.now() + lifeMs;
      for (let sent = 0; sent < share; sent++) {
        const prompt = `chaos ${handles.length} ${PROMPT_DIRECTIVES[Math.floor(random() * PROMPT_DIRECTIVES.length)]}`;
        const handle = await send(sandbox, handles.length, prompt.trim());
        if (handle !== null) handles.push({ prompt: prompt.trim(), handle });
      }
      await sleep(Math.max(0, endsAt - Date.now()));
      if (kills >= options.kills) break;
      const killedAt = Date.now();
      await sandbox.stopBot('SIGKILL');
      kills += 1;
      wholes.push(...(await findWholePictures(dataDir)).map((prompt) => ({ prompt, killedAt })));
      options.onProgress?.(`kill ${kills}, ${handles.length} commands`);
      await sandbox.startBot();
    }
    const ends = await Promise.all(
      handles.map(({ handle }) =>
        watchReply(sandbox.discord, handle, { timeoutMs: SETTLE_WITHIN_MS }),
      ),
    );
    await sandbox.stopBot('SIGTERM');
    return {
      generations: handles.length,
      kills,
      lost: ends.filter(isLost).length,
      deliveredTwice: countTwice(sandbox),
      stuck: ends.filter((end) => !end.ok && end.footer === null).length,
      paidTwice: wholes.filter((whole) => wasAskedAgain(sandbox, whole)).length,
      integrity: checkIntegrity(dataDir),
      delivered: ends.filter(({ ok }) => ok).length,
      interrupted: ends.filter(({ kind }) => kind === 'interrupted').length,
    };
  } finally {
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Sends a command; null when it was not acknowledged, which its person saw at once. */
async function send(
  { discord }: Sandbox,
  index: number,
  prompt: string,
): Promise<InteractionHandle | null> {
  const { people, places } = discord.world;
  const users = [people.owner, people.moderator, people.member, people.otherMember];
  const userId = users[index % users.length]?.id ?? people.member.id;
  const actor = { userId, channelId: places.studioGeneral.id, label: '' };
  const model = index % 3 === 0 ? 'pro' : 'flash';
  const handle = await sendCommand(
    discord,
    actor,
    `/imagine prompt:"${prompt}" model:${model}`,
    {},
  );
  return await handle.acknowledged.then(
    () => handle,
    () => null,
  );
}

/** The prompts of the pictures that are whole on disk now, by the store's own lines. */
async function findWholePictures(dataDir: string): Promise<string[]> {
  const files = await readdir(join(dataDir, 'spool')).catch(() => []);
  const ids = files.flatMap((file) => /^([^.]+)\.\d+\.image\./.exec(file)?.[1] ?? []);
  if (ids.length === 0) return [];
  const store = new DatabaseSync(join(dataDir, 'darkroom.sqlite'));
  try {
    const find = store.prepare('select prompt from generations where id = ?');
    return ids.flatMap((id) => (find.get(id)?.['prompt'] as string | undefined) ?? []);
  } finally {
    store.close();
  }
}

function wasAskedAgain({ gemini }: Sandbox, { prompt, killedAt }: WholePicture): boolean {
  return gemini.requests.some(
    (request) => request.prompt === prompt && request.startedAt > killedAt,
  );
}

function isLost(end: Settled): boolean {
  return !end.ok && end.footer === null;
}

/** Messages that show the same generation's file; the file's name holds the generation's id. */
function countTwice({ discord }: Sandbox): number {
  const messages = discord.messages(discord.world.places.studioGeneral.id);
  const names = messages.flatMap(({ id }) => discord.filesOf(id).map(({ filename }) => filename));
  const stems = names.map((name) => name.replace(/\.\w+$/, ''));
  return stems.length - new Set(stems).size;
}

function checkIntegrity(dataDir: string): string {
  const store = new DatabaseSync(join(dataDir, 'darkroom.sqlite'));
  try {
    const rows = store.prepare('pragma integrity_check').all();
    return rows.map((row) => String(row['integrity_check'])).join('; ');
  } finally {
    store.close();
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A small generator (mulberry32): the same seed gives the same instants and prompts. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
