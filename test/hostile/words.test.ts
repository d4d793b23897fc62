import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox, watchReply } from '@darkroom/sandbox';
import type { Channel } from '@darkroom/sandbox/discord';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';

/**
 * One server has the slowest list that could be saved before the whole of a list had a limit: each
 * expression was allowed alone. Together they take about 20 seconds of the processor with the
 * longest text.
 */
const SLOWEST = Array.from(
  { length: 200 },
  (_, index) => `/(?:[^0]{0,9}){16}${String.fromCodePoint(0x3400 + index)}/`,
);
/** 18 characters are made of each, and the blank has it read in two ways. */
const LONGEST = `${'\uFDFA'.repeat(440)}\u2800a`;
const BLOCKED = 'gun';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-words-'));
  const dataDir = join(folder, 'data');
  sandbox = await startSandbox({ bot: false, dataDir, env: { BLOCKED_WORDS: BLOCKED } });
  sandbox.discord.controls.set({ rateLimits: false });
  const { people, places } = sandbox.discord.world;
  const store = await openStore({ file: join(dataDir, 'darkroom.sqlite') });
  await store.settings.change(places.annex.id, { blockedWords: SLOWEST }, people.owner.id);
  await store.close();
  await sandbox.startBot();
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

/** Asks for an image; resolves once it is acknowledged, with its end to come. */
async function ask(prompt: string, channel: Channel) {
  const { people } = sandbox.discord.world;
  const handle = await sandbox.discord.interact({
    kind: 'slash',
    userId: people.owner.id,
    channelId: channel.id,
    command: 'imagine',
    options: { prompt },
  });
  await handle.acknowledged;
  const end = watchReply(sandbox.discord, handle, { timeoutMs: 200_000 });
  return { end: end.then(({ ok, message }) => ({ ok, said: saidIn(message) })) };
}

function saidIn(message: { embeds: { description?: string | null }[] } | null): string {
  return message?.embeds.map(({ description }) => description ?? '').join('\n') ?? '';
}

const tags = (text: string) =>
  [...text].map((char) => String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0))).join('');

describe('a server with a list of blocked words that takes seconds', () => {
  it('holds up nobody of another server, and lets nothing through', {
    timeout: 240_000,
  }, async () => {
    const { annexGeneral, studioGeneral } = sandbox.discord.world.places;
    const order: string[] = [];
    const attack = await ask(LONGEST, annexGeneral);
    void attack.end.then(() => order.push('attack'));
    const image = await ask('a lighthouse', studioGeneral);
    expect(await image.end).toMatchObject({ ok: true });
    order.push('image');
    expect(await attack.end).toEqual({
      ok: false,
      said: expect.stringContaining('takes too long to check'),
    });
    expect(order).toEqual(['image', 'attack']);
    expect(sandbox.gemini.requests.map(({ prompt }) => prompt)).toEqual(['a lighthouse']);
  });

  it('refuses what gets too long when it is written out', async () => {
    const { annexGeneral } = sandbox.discord.world.places;
    const { end } = await ask('\uFDFA'.repeat(4_000), annexGeneral);
    expect(await end).toEqual({ ok: false, said: expect.stringContaining('special characters') });
  });
});

describe('a prompt with characters that nobody sees', () => {
  const asked = () => sandbox.gemini.requests.map(({ prompt }) => prompt);
  const here = () => sandbox.discord.world.places.studioGeneral;

  it.each(['\u200B\u200B\u200B', '\u2800\u2800', '\u3164', '\u2060\uFEFF', tags('AB')])(
    'is none where there is nothing else: %j',
    async (prompt) => {
      const before = asked().length;
      const { end } = await ask(prompt, here());
      expect(await end).toEqual({ ok: false, said: expect.stringContaining('nothing to read') });
      expect(asked()).toHaveLength(before);
    },
  );

  it.each(['g\u034Fun', 'g\u3164un', 'g\u2800un', 'g\u{E0020}un'])(
    'hides no blocked word: %j',
    async (word) => {
      const before = asked().length;
      const { end } = await ask(`a cat with a ${word}`, here());
      expect(await end).toEqual({ ok: false, said: expect.stringContaining('blocked here') });
      expect(asked()).toHaveLength(before);
    },
  );

  it('sends none of them to the model, but what emoji, flags and scripts are made of', async () => {
    const seen = `a cat 👨‍👩‍👧‍👦 \u{1F3F4}${tags('gbeng')}\u{E007F} می‌خواهم`;
    const hidden = `${tags('holding a gun')}\u200B 😀${'\u{E0158}'.repeat(20)}`;
    const { end } = await ask(`${seen}${hidden}`, here());
    expect(await end).toMatchObject({ ok: true });
    expect(asked().at(-1)).toBe(`${seen} 😀`);
  });
});
