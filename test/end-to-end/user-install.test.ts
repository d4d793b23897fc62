import { buttonsOf, type Sandbox, sendCommand, startSandbox, watchReply } from '@darkroom/sandbox';
import type { Channel } from '@darkroom/sandbox/discord';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox();
  sandbox.discord.controls.set({ rateLimits: false });
});
afterAll(() => sandbox.close());

async function imagine(channel: Channel) {
  const { people } = sandbox.discord.world;
  const actor = { userId: people.installer.id, channelId: channel.id, label: '' };
  const handle = await sendCommand(sandbox.discord, actor, '/imagine prompt:"a tent"', {});
  return await watchReply(sandbox.discord, handle, { timeoutMs: 20_000 });
}

async function click(message: { id: string; channel_id: string }, customId: string) {
  return await sandbox.discord.interact({
    kind: 'button',
    messageId: message.id,
    channelId: message.channel_id,
    customId,
    userId: sandbox.discord.world.people.installer.id,
  });
}

describe('where only a person installed the bot', () => {
  it.each(['elsewhereGeneral', 'elsewhereQuiet', 'installerDm', 'privateChat'] as const)(
    'pictures are made (%s)',
    async (place) => {
      const end = await imagine(sandbox.discord.world.places[place]);
      expect(end).toMatchObject({ ok: true });
    },
  );

  it('the buttons go on from a picture', async () => {
    const first = await imagine(sandbox.discord.world.places.elsewhereGeneral);
    const buttons = buttonsOf(first.message as NonNullable<typeof first.message>);
    for (const label of ['Again', 'Enlarge to 2K']) {
      const button = buttons.find((one) => one.label === label);
      const handle = await click(first.message as never, button?.customId ?? '');
      const end = await watchReply(sandbox.discord, handle, { timeoutMs: 20_000 });
      expect(end).toMatchObject({ ok: true });
    }
    expect(sandbox.gemini.requests.at(-1)?.references).toHaveLength(1);
  });

  it.each(['elsewhereGeneral', 'installerDm', 'privateChat'] as const)(
    'a picture is deleted after a question (%s)',
    async (place) => {
      const first = await imagine(sandbox.discord.world.places[place]);
      const { id } = first.message as NonNullable<typeof first.message>;
      const button = buttonsOf(first.message as NonNullable<typeof first.message>).find(
        ({ label }) => label === 'Delete',
      );
      const asked = await click(first.message as never, button?.customId ?? '');
      const question = await asked.when(() => asked.followups()[0]);
      expect(sandbox.discord.message(id)).not.toBeNull();
      const [yes] = buttonsOf(question);
      const answered = await click(question, yes?.customId ?? '');
      await answered.when(() => answered.response()?.embeds[0]?.title === 'Deleted' || null);
      expect(sandbox.discord.message(id)).toBeNull();
    },
  );

  it('says what to do where the question outlived the bot that asked it', async () => {
    const first = await imagine(sandbox.discord.world.places.elsewhereGeneral);
    const button = buttonsOf(first.message as NonNullable<typeof first.message>).find(
      ({ label }) => label === 'Delete',
    );
    const asked = await click(first.message as never, button?.customId ?? '');
    const question = await asked.when(() => asked.followups()[0]);
    await sandbox.restartBot();
    const [yes] = buttonsOf(question);
    const answered = await click(question, yes?.customId ?? '');
    const answer = await answered.when(() => answered.followups()[0]);
    expect(answer.embeds[0]?.title).toBe('Click Delete once more');
  });
});

describe('without USER_INSTALL', () => {
  it('only those servers have the commands that added the bot', async () => {
    const own = await startSandbox({ env: { USER_INSTALL: 'false' } });
    try {
      const { people, places } = own.discord.world;
      const offered = own.discord.offered(people.installer.id, places.elsewhereGeneral.id);
      expect(offered).toEqual([]);
    } finally {
      await own.close();
    }
  });
});
