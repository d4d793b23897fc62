import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, sendCommand, startSandbox, watchReply } from '@darkroom/sandbox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/store.ts';

/** An admin who set everything as wide as the forms of an earlier version took it. */
let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-wider-'));
  const dataDir = join(folder, 'data');
  sandbox = await startSandbox({
    bot: false,
    dataDir,
    env: {
      ALLOWED_MODELS: 'flash',
      LARGEST_SIZE: '2K',
      PRIVATE_ALLOWED: 'false',
      BLOCKED_WORDS: 'swamp',
      DAILY_COST_LIMIT: '1000',
      GUILD_DAILY_COST_LIMIT: '0.1',
      FLASH_PRICE_INPUT: '0.5',
      FLASH_PRICE_TEXT: '3',
      FLASH_PRICE_IMAGE: '60',
    },
  });
  sandbox.discord.controls.set({ rateLimits: false });
  const { people, places } = sandbox.discord.world;
  const store = await openStore({ file: join(dataDir, 'darkroom.sqlite') });
  await store.settings.change(
    places.studio.id,
    {
      models: ['flash', 'pro'],
      largestSize: '4K',
      privateAllowed: true,
      blockedWords: [],
      guildCostMicrosPerDay: null,
      exemptRoles: places.studio.roles.map(({ id }) => id),
    },
    people.owner.id,
  );
  await store.close();
  await sandbox.startBot();
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(line: string) {
  const { people, places } = sandbox.discord.world;
  const actor = { userId: people.owner.id, channelId: places.studioGeneral.id, label: '' };
  const handle = await sendCommand(sandbox.discord, actor, line, {});
  const { ok, message } = await watchReply(sandbox.discord, handle, { timeoutMs: 20_000 });
  return { ok, said: message?.embeds.at(-1)?.description ?? '' };
}

describe('an admin who widens what the operator allows', () => {
  it.each([
    ['/imagine prompt:"a tent" model:pro', 'model is not allowed'],
    ['/imagine prompt:"a tent" size:4K', 'size is larger'],
    ['/imagine prompt:"a tent" private:true', 'Private pictures are not allowed'],
    ['/imagine prompt:"a swamp"', 'words that are blocked'],
  ])('is refused: %s', async (line, said) => {
    expect(await ask(line)).toEqual({ ok: false, said: expect.stringContaining(said) });
    expect(sandbox.gemini.requests).toHaveLength(0);
  });

  it('spends no more than the operator’s limit for a server, with every role exempt', async () => {
    expect(await ask('/imagine prompt:"a tent"')).toMatchObject({ ok: true });
    expect(await ask('/imagine prompt:"a tent"')).toEqual({
      ok: false,
      said: expect.stringContaining('$0.10 a day'),
    });
    expect(sandbox.gemini.requests).toHaveLength(1);
  });
});
