import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { InteractionHandle } from '@darkroom/sandbox/discord';
import { openStore } from '../../src/store/store.ts';
import { type RunningBot, startBot } from '../delivery/bot.ts';
import { waitForReply } from '../delivery/command.ts';
import { percentile, round } from '../statistics.ts';
import type { SuiteOptions } from '../suite.ts';
import {
  type Attack,
  askForLongText,
  COSTLY_WORDS,
  sendFiles,
  sendSlowFiles,
  sendWords,
} from './attacks.ts';
import { type AttackFile, drawAttackFiles } from './files.ts';
import { freezePictureProcess, watchPeak } from './processes.ts';
import { createHostileWorld, type HostileWorld } from './world.ts';

const ORDINARY_MEMBERS = 10;
const IMAGES_EACH = 3;
/** Four for each attack. */
const ATTACKERS = 16;
/** What `--clients` may name, to measure some of them alone. */
type AttackName = 'files' | 'words' | 'text' | 'downloads' | 'freeze';
/** A third of a person's pace, so that attacks and images meet often. */
const PACE = 0.3;

/**
 * Everything that one member or provider can do to hold the others up, at once, beside ten
 * members who ask for ordinary images of 1K.
 */
export async function run({ say, clients }: SuiteOptions) {
  const isAsked = (name: AttackName) => clients === null || clients.includes(name);
  const hostile = createHostileWorld(ATTACKERS, ORDINARY_MEMBERS);
  const { world } = hostile;
  const files = await drawAttackFiles();
  for (const { name, bytes } of files) say(`hostile: ${name}, ${bytes.length} bytes`);
  const bot = await startBot({
    world,
    env: { USER_CONCURRENT: '4' },
    prepare: (dataDir) => saveCostlyWords(dataDir, world.places.annex.id, world.people.owner.id),
  });
  try {
    bot.setPace(PACE);
    const result = await measure(bot, hostile, files, isAsked);
    const { ackP99Ms, longestPauseMs, peak, ordinaryDelivered, ordinaryAsked, deaths } = result;
    say(
      `${ordinaryDelivered} of ${ordinaryAsked} ordinary images delivered in ${result.seconds.toFixed(0)} s; ` +
        `acknowledgements p99 ${ackP99Ms.toFixed(0)} ms, longest pause ${longestPauseMs.toFixed(0)} ms`,
    );
    say(
      `peak memory ${peak.togetherMb.toFixed(0)} MiB: bot ${peak.botMb.toFixed(0)}, ` +
        `picture process ${peak.pictureProcessMb.toFixed(0)}; deaths ${deaths}`,
    );
    say(`attacks ended as ${JSON.stringify(result.attacks)}`);
    return { suite: 'hostile', ...result };
  } finally {
    await bot.close();
  }
}

async function measure(
  bot: RunningBot,
  { attackers, ordinary }: HostileWorld,
  files: readonly AttackFile[],
  isAsked: (name: AttackName) => boolean,
) {
  const began = Date.now();
  const acks: Promise<number>[] = [];
  const attacks: Record<string, Record<string, number>> = {};
  const over = new AbortController();
  const onAsked = (handle: InteractionHandle) => void acks.push(acknowledgedAfter(handle));
  const attack: Attack = {
    bot,
    signal: over.signal,
    onAsked,
    onEnd: (name, kind) => {
      const ends = attacks[name] ?? {};
      attacks[name] = { ...ends, [kind]: (ends[kind] ?? 0) + 1 };
    },
  };
  const memory = watchPeak(bot.pid);
  const freeze = isAsked('freeze') ? freezePictureProcess(bot.pid) : null;
  const fourth = attackers.length / 4;
  const group = (index: number) => attackers.slice(index * fourth, (index + 1) * fourth);
  const attacking = Promise.all([
    isAsked('files') && sendFiles(attack, group(0), files),
    isAsked('words') && sendWords(attack, group(1)),
    isAsked('text') && askForLongText(attack, group(2)),
    isAsked('downloads') && sendSlowFiles(attack, group(3)),
  ]);
  const delivered = await Promise.all(ordinary.map(({ id }) => askForImages(bot, id, onAsked)));
  const seconds = (Date.now() - began) / 1_000;
  over.abort();
  // A bot that has died answers nobody: there is no use in waiting for the attackers.
  if (!bot.hasEnded()) await attacking;
  const { longestPauseMs, longestWorkMs } = await bot.watched(began);
  const peak = memory.stop();
  const frozen = freeze?.stop() ?? null;
  return {
    ackP99Ms: round(percentile(await Promise.all(acks), 0.99)),
    longestPauseMs: round(longestPauseMs),
    longestWorkMs: round(longestWorkMs),
    peakRssMb: round(peak.togetherMb),
    ordinaryDelivered: delivered.reduce((sum, count) => sum + count, 0),
    ordinaryAsked: ordinary.length * IMAGES_EACH,
    deaths: bot.hasEnded() ? 1 : 0,
    acks: acks.length,
    seconds,
    peak,
    /** The picture process was stood still, and whether the bot left it so. */
    frozen,
    attacks,
  };
}

/** One image after the other, as a person would; returns how many came. */
async function askForImages(
  bot: RunningBot,
  userId: string,
  onAsked: (handle: InteractionHandle) => void,
): Promise<number> {
  const { discord } = bot;
  const channelId = discord.world.places.studioGeneral.id;
  let delivered = 0;
  for (let turn = 1; turn <= IMAGES_EACH && !bot.hasEnded(); turn++) {
    const options = { prompt: `a quiet harbour, number ${turn}` };
    const handle = await discord.interact({
      kind: 'slash',
      command: 'imagine',
      userId,
      channelId,
      options,
    });
    onAsked(handle);
    if ((await waitForReply(bot, handle)).ok) delivered += 1;
  }
  return delivered;
}

/** Milliseconds to the acknowledgement; infinite where none came in Discord's time. */
async function acknowledgedAfter(handle: InteractionHandle): Promise<number> {
  return await handle.acknowledged.then(
    ({ afterMs }) => afterMs,
    () => Number.POSITIVE_INFINITY,
  );
}

/** A list as a server may have saved it before there was a budget for lists. */
async function saveCostlyWords(dataDir: string, guildId: string, userId: string): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const store = await openStore({ file: join(dataDir, 'darkroom.sqlite'), now: Date.now });
  await store.settings.change(guildId, { blockedWords: COSTLY_WORDS }, userId);
  await store.close();
}
