import { buttonsOf, type Sandbox, sendCommand, startSandbox, watchReply } from '@darkroom/sandbox';
import { createDefaultWorld } from '@darkroom/sandbox/discord';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A bot for one server, and people who use it where the operator did not mean it to be used. */
const world = createDefaultWorld();
const { people, places } = world;
let sandbox: Sandbox;

beforeAll(async () => {
  const env = { ALLOWED_GUILDS: places.studio.id };
  sandbox = await startSandbox({ discord: { world }, env });
  sandbox.discord.controls.set({ rateLimits: false });
});
afterAll(() => sandbox.close());

async function type(place: keyof typeof places, line: string) {
  const actor = { userId: people.installer.id, channelId: places[place].id, label: '' };
  return await sendCommand(sandbox.discord, actor, line, {});
}

async function ask(place: keyof typeof places) {
  const handle = await type(place, '/imagine prompt:"a tent"');
  const { ok, message } = await watchReply(sandbox.discord, handle, { timeoutMs: 20_000 });
  const isPrivate = (Number(message?.flags) & 64) === 64;
  return { ok, isPrivate, said: message?.embeds.at(-1)?.description ?? '' };
}

const REFUSED = { ok: false, isPrivate: true };

describe('where ALLOWED_GUILDS names another place', () => {
  it.each(['installerDm', 'privateChat'] as const)('nothing is made in %s', async (place) => {
    const before = sandbox.gemini.requests.length;
    expect(await ask(place)).toEqual({
      ...REFUSED,
      said: expect.stringContaining('works only on servers'),
    });
    expect(sandbox.gemini.requests).toHaveLength(before);
  });

  it.each(['annexGeneral', 'elsewhereGeneral', 'elsewhereQuiet'] as const)(
    'nothing is made in %s',
    async (place) => {
      const before = sandbox.gemini.requests.length;
      expect(await ask(place)).toEqual({
        ...REFUSED,
        said: expect.stringContaining('does not serve this server'),
      });
      expect(sandbox.gemini.requests).toHaveLength(before);
    },
  );

  it('nothing is made from there by a button of what was made on the server', async () => {
    expect(await ask('studioGeneral')).toMatchObject({ ok: true });
    const before = sandbox.gemini.requests.length;
    const handle = await type('installerDm', '/history');
    const page = await handle.when(() =>
      handle.response()?.embeds.length ? handle.response() : null,
    );
    const again = buttonsOf(page).find(({ customId }) => customId?.startsWith('history-again:'));
    const clicked = await sandbox.discord.interact({
      kind: 'button',
      messageId: page.id,
      customId: again?.customId ?? '',
      userId: people.installer.id,
    });
    const { ok, message } = await watchReply(sandbox.discord, clicked, { timeoutMs: 20_000 });
    expect(ok).toBe(false);
    expect(message?.embeds[0]?.description).toContain('works only on servers');
    expect(sandbox.gemini.requests).toHaveLength(before);
  });

  it.each(['history', 'usage', 'forget'])('/%s works all the same', async (command) => {
    const handle = await type('installerDm', `/${command}`);
    const page = await handle.when(() =>
      handle.response()?.embeds.length ? handle.response() : null,
    );
    expect(page.embeds[0]?.description ?? '').not.toContain('works only on servers');
  });
});
