import { setTimeout as delay } from 'node:timers/promises';
import type { InteractionHandle, User } from '@darkroom/sandbox/discord';
import type { RunningBot } from '../delivery/bot.ts';
import { waitForReply } from '../delivery/command.ts';
import type { AttackFile } from './files.ts';

/** What attackers do until they are told to stop; each waits for an end before the next request. */
export interface Attack {
  bot: RunningBot;
  signal: AbortSignal;
  /** Every interaction of an attack, for the acknowledgements. */
  onAsked: (handle: InteractionHandle) => void;
  /** How a request of an attack ended: `image`, a kind of failure, or `null` for no end. */
  onEnd: (attack: string, kind: string) => void;
}

/** RE2 takes about a tenth of a second for each of these and a long prompt. */
export const COSTLY_WORDS = Array.from(
  { length: 200 },
  (_, index) => `/(?:\\pL{0,9}.){14}${String.fromCodePoint(0x3400 + index)}/`,
);
/** NFKC makes 18 characters of each of these; a longer text is refused before anything is matched. */
const LONG_WHEN_NORMALISED = '\ufdfa'.repeat(440);
const SLOW_FILE = 'slow.png';
/** Shorter than the time without a byte after which a download is given up. */
const SLOW_PAUSE_MS = 15_000;

/** Everybody attaches files that cost much to decode. */
export async function sendFiles(
  attack: Attack,
  people: readonly User[],
  files: readonly AttackFile[],
) {
  const { discord } = attack.bot;
  await Promise.all(
    people.map(async ({ id: userId }, index) => {
      for (let turn = index; !attack.signal.aborted; turn++) {
        const file = files[turn % files.length];
        if (file === undefined) return;
        const { id: image } = await discord.upload(userId, file);
        const instruction = `edit ${turn} of ${file.name}`;
        const options = { image, instruction };
        await ask(attack, file.name, { userId, command: 'edit', options });
      }
    }),
  );
}

/** In a server whose blocked words cost much, people send what costs most. */
export async function sendWords(attack: Attack, people: readonly User[]) {
  const { places } = attack.bot.discord.world;
  await Promise.all(
    people.map(async ({ id: userId }) => {
      while (!attack.signal.aborted) {
        const options = { prompt: LONG_WHEN_NORMALISED };
        const channelId = places.annexGeneral.id;
        await ask(attack, 'blocked words', { userId, channelId, command: 'imagine', options });
      }
    }),
  );
}

/** The model answers with megabytes of text that looks like anything but text. */
export async function askForLongText(attack: Attack, people: readonly User[]) {
  await Promise.all(
    people.map(async ({ id: userId }) => {
      for (let turn = 0; !attack.signal.aborted; turn++) {
        const options = { prompt: `text ${turn} [[long-text]]`, model: 'pro' };
        await ask(attack, 'long text', { userId, command: 'imagine', options });
      }
    }),
  );
}

/** Files that arrive one byte at a time. */
export async function sendSlowFiles(attack: Attack, people: readonly User[]) {
  const { discord } = attack.bot;
  const effect = { kind: 'slow-download', pauseMs: SLOW_PAUSE_MS } as const;
  const clear = discord.controls.injectFault({
    match: { file: SLOW_FILE },
    times: Number.POSITIVE_INFINITY,
    effect,
  });
  await Promise.all(
    people.map(async ({ id: userId }, index) => {
      const file = { name: SLOW_FILE, bytes: Buffer.alloc(1_000_000) };
      const { id: image } = await discord.upload(userId, file);
      const options = { image, instruction: `slow ${index}`, model: 'pro' };
      await ask(attack, 'slow download', { userId, command: 'edit', options });
    }),
  );
  clear();
}

async function ask(
  { bot, signal, onAsked, onEnd }: Attack,
  name: string,
  input: { userId: string; channelId?: string; command: string; options: Record<string, string> },
): Promise<void> {
  const { discord } = bot;
  const channelId = input.channelId ?? discord.world.places.studioGeneral.id;
  const handle = await discord.interact({ kind: 'slash', ...input, channelId });
  onAsked(handle);
  const { ok, kind } = await waitForReply(bot, handle);

  onEnd(name, ok ? 'image' : (kind ?? 'unknown'));
  // Whoever is refused at once must not turn into a measurement of the local Discord.
  await delay(250, undefined, { signal }).catch(() => {});
}
