import type { InteractionHandle, Message } from '@darkroom/sandbox/discord';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ImageFile } from '../../src/domain.ts';
import { MINUTE, NO_LIMITS, NOON, type ReplyChange, reply, USAGE } from '../store/samples.ts';
import { answerOf, buttonsOf, readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
let count = 0;

beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.submitted.length = 0;
});
afterEach(async () => {
  for (const { id } of Object.values(bot.discord.world.people))
    await bot.store.retention.forget(id);
});

interface Made extends ReplyChange {
  person?: 'member' | 'otherMember';
  prompt?: string;
  state?: 'delivered' | 'interrupted' | 'cancelled';
  image?: ImageFile;
}

/** One picture in the store, each a minute after the one before. */
async function picture({ person = 'member', prompt, state, image, ...change }: Made = {}) {
  const { people, places } = bot.discord.world;
  const id = `history${String(count++).padStart(4, '0')}`;
  const made = reply(id, {
    createdAt: NOON + count * MINUTE,
    ...change,
    request: { ...(prompt === undefined ? {} : { prompt }), ...change.request },
    target: { userId: people[person].id, guildId: places.studio.id, ...change.target },
  });
  const generation = made.generations[0]?.id ?? '';
  const { generations, replies } = bot.store;
  await replies.admit(made, NO_LIMITS);
  await replies.setMessage(id, '900000000000000001');
  await generations.start(generation);
  await generations.countAttempt(generation);
  await generations.recordImage(generation, {
    image: image ?? { path: '/none', bytes: 1, mime: 'image/png', width: 1_024, height: 1_024 },
    usage: USAGE,
    costMicros: null,
  });
  await generations.conclude(generation, {
    state: state ?? 'delivered',
    transcript: 'of this one',
  });
  await replies.settle(id);
  return { id, generation };
}

/** A real picture in the spool, as a run leaves it that could not show it. */
async function spooled(owner: string, pixels = 64): Promise<ImageFile> {
  const bytes = await sharp({
    create: {
      width: pixels,
      height: pixels,
      channels: 3,
      background: '#246',
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  })
    .png()
    .toBuffer();
  const file = bot.spool.open(owner);
  await file.write(bytes);
  return await file.finish();
}

const person = (name: 'member' | 'otherMember' = 'member') => bot.discord.world.people[name].id;

async function history(
  userId = person(),
  channel: 'studioGeneral' | 'memberDm' | 'annexGeneral' = 'studioGeneral',
) {
  const channelId = bot.discord.world.places[channel].id;
  const handle = await bot.discord.interact({
    kind: 'slash',
    command: 'history',
    userId,
    channelId,
  });
  return { handle, message: await answerOf(handle) };
}

const click = (message: Message, label: string, userId = person()) =>
  bot.discord.interact({
    kind: 'button',
    messageId: message.id,
    customId: buttonsOf(message)[label] ?? label,
    userId,
  });

/** What the person alone is told in the end, when a button leads to nothing. */
async function refusal(clicked: InteractionHandle): Promise<string> {
  const said = await clicked.when(() =>
    [...clicked.followups(), clicked.response()].find((one) => one?.embeds[0]?.footer),
  );
  expect(Number(said.flags) & 64).toBe(64);
  // Nothing is left that says "thinking…".
  expect(Number(clicked.response()?.flags ?? 0) & 128).toBe(0);
  return readable(said);
}

/** The page after a button: the same message with other words. */
async function turned(message: Message, label: string): Promise<Message> {
  const before = readable(message);
  const handle = await click(message, label);
  return handle.when(() => {
    const now = bot.discord.message(message.id);
    return now !== null && readable(now) !== before ? now : null;
  });
}

describe('/history', () => {
  it('says where pictures come from when there are none', async () => {
    const { message } = await history();
    expect(readable(message)).toContain('/imagine');
    expect(buttonsOf(message)).toEqual({});
  });

  it('shows a person their own pictures only, privately, the newest first', async () => {
    await picture({ prompt: 'first light' });
    await picture({ prompt: 'second wind' });
    await picture({ prompt: 'not mine', person: 'otherMember' });
    const { handle, message } = await history();
    expect((await handle.acknowledged).ephemeral).toBe(true);
    const text = readable(message);
    expect(text.indexOf('second wind')).toBeLessThan(text.indexOf('first light'));
    expect(text).not.toContain('not mine');
    expect(text).toContain('Flash 3.1 · 1:1 · 1K (1024×1024)\n');
    expect(text).toMatch(
      /\[Go to the message\]\(https:\/\/discord\.com\/channels\/\d+\/\d+\/9\d+\)/,
    );
  });

  it('shows thumbnails with the prompt for those who cannot see them', async () => {
    const { generation } = await picture({ prompt: 'a lighthouse' });
    const webp = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#abc' } })
      .webp()
      .toBuffer();
    await bot.store.generations.saveThumbnail(generation, new Uint8Array(webp));
    const { message } = await history();
    expect(message.embeds[0]?.thumbnail?.url).toContain('picture-1.webp');
    expect(bot.discord.filesOf(message.id)[0]).toMatchObject({
      description: 'Picture 1: a lighthouse',
    });
  });

  it('turns pages there and back, and shows each picture once', async () => {
    for (let index = 0; index < 12; index++) await picture({ prompt: `motif ${index}.` });
    const { message: newest } = await history();
    const names = (message: Message) => readable(message).match(/motif \d+/g);
    expect(names(newest)).toEqual([11, 10, 9, 8, 7].map((index) => `motif ${index}`));
    expect(Object.keys(buttonsOf(newest))).not.toContain('Newer');
    const middle = await turned(newest, 'Older');
    expect(names(middle)).toEqual([6, 5, 4, 3, 2].map((index) => `motif ${index}`));
    const oldest = await turned(middle, 'Older');
    expect(names(oldest)).toEqual(['motif 1', 'motif 0']);
    expect(Object.keys(buttonsOf(oldest))).not.toContain('Older');
    const back = await turned(await turned(oldest, 'Newer'), 'Newer');
    expect(names(back)).toEqual(names(newest));
  });

  it('escapes what people wrote, and stays within Discord’s limits with the longest prompts', async () => {
    const nasty = '[click](https://evil.example) <@123456789012345678> @everyone # **'.repeat(40);
    for (let index = 0; index < 5; index++) await picture({ prompt: nasty });
    const { message } = await history();
    expect(message.embeds).toHaveLength(5);
    expect(readable(message)).toContain('\\[click](https://evil.example) \\<@123456789012345678>');
    expect(message.mentions).toEqual([]);
  });

  it('asks again as a new reply that knows its origin, in public when the first one was', async () => {
    const { id, generation } = await picture({ prompt: 'once more', request: { size: '2K' } });
    const { message } = await history();
    const again = await click(message, 'Again 1');
    expect(await again.acknowledged).toMatchObject({ type: 5, ephemeral: false });
    await expect.poll(() => bot.submitted).toHaveLength(1);
    expect(bot.submitted[0]).toMatchObject({
      command: 'again',
      origin: { replyId: id, generationId: generation },
      requests: [{ prompt: 'once more', size: '2K' }],
      target: { userId: person(), ephemeral: false },
    });
  });

  it.each([
    ['a private picture', { target: { ephemeral: true } }, 'studioGeneral'],
    ['a picture from a direct message', { target: { guildId: null } }, 'studioGeneral'],
    ['a picture of another server', {}, 'annexGeneral'],
    ['a picture from another chat outside of servers', { target: { guildId: null } }, 'memberDm'],
  ] as const)('asks again in private for %s', async (_, change, channel) => {
    await picture(change);
    const { message } = await history(person(), channel);
    const again = await click(message, 'Again 1');
    expect(await again.acknowledged).toMatchObject({ ephemeral: true });
  });

  it('asks for a picture to go by that can no longer be had, in a form', async () => {
    const expired = 'https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=1&hm=ab';
    const file = { url: expired, name: 'a.png', contentType: 'image/png', bytes: 9 };
    const references = [{ kind: 'attachment' as const, ...file }];
    await picture({ prompt: 'like this', request: { references } });
    const again = await click((await history()).message, 'Again 1');
    const modal = await again.when(() => again.modal());
    expect(JSON.stringify(modal)).toContain('like this');
    expect(bot.submitted).toEqual([]);
  });

  it('asks for one of our own pictures only when neither disk nor message has it', async () => {
    const { generation: own } = await picture({ prompt: 'the first' });
    const url = 'https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=1&hm=ab';
    const file = { url, name: 'a', contentType: null, bytes: 9, generationId: own };
    const references = [{ kind: 'picture' as const, ...file }];
    await picture({ prompt: 'like the first', request: { references } });
    const again = await click((await history()).message, 'Again 1');
    const modal = await again.when(() => again.modal());
    expect(JSON.stringify(modal)).toContain('like the first');
    await spooled(own);
    const more = await click((await history()).message, 'Again 1');
    expect(await more.acknowledged).toMatchObject({ ephemeral: false });
  });

  it('posts a picture that nothing could show in time, to its own person only', async () => {
    const { generation } = await picture({ state: 'interrupted', prompt: 'late light' });
    const image = await spooled(generation);
    const { message } = await history();
    expect(readable(message)).toContain('press **Fetch 1**');
    const fetched = await click(message, 'Fetch 1');
    expect(await fetched.acknowledged).toMatchObject({ ephemeral: true });
    const posted = await answerOf(fetched);
    const [file] = bot.discord.filesOf(posted.id);
    expect(file).toMatchObject({ size: image.bytes, description: 'late light' });
  });

  describe('under a fetched picture', () => {
    /** One picture of a public reply of four, fetched in private. */
    async function fetched() {
      const made = await picture({ state: 'interrupted', prompt: 'one of four', pictures: 4 });
      const [, ...others] = (await bot.store.replies.get(made.id))?.generations ?? [];
      for (const { id } of others) {
        await bot.store.generations.conclude(id, { state: 'failed', transcript: 'of another' });
      }
      await bot.store.replies.settle(made.id);
      await spooled(made.generation);
      const { message } = await history();
      const labels = Object.keys(buttonsOf(message));
      const label = labels.find((one) => one.startsWith('Fetch')) ?? '';
      return { ...made, posted: await answerOf(await click(message, label)) };
    }

    it('Again asks for that picture alone, in private', async () => {
      const { id, generation, posted } = await fetched();
      const again = await click(posted, 'Again');
      expect(await again.acknowledged).toMatchObject({ type: 5, ephemeral: true });
      await expect.poll(() => bot.submitted).toHaveLength(1);
      expect(bot.submitted[0]).toMatchObject({
        origin: { replyId: id, generationId: generation },
        target: { ephemeral: true },
      });
      expect(bot.submitted[0]?.requests).toHaveLength(1);
    });

    it('Edit answers in private', async () => {
      const { posted } = await fetched();
      const opened = await click(posted, 'Edit');
      await opened.acknowledged;
      const fields = { instruction: 'at night' };
      const about = { kind: 'modal', interactionId: opened.id, fields, userId: person() } as const;
      const filled = await bot.discord.interact(about);
      expect(await filled.acknowledged).toMatchObject({ ephemeral: true });
      await expect.poll(() => bot.submitted).toHaveLength(1);
      expect(bot.submitted[0]).toMatchObject({ target: { ephemeral: true } });
    });

    it('Enlarge answers in private', async () => {
      const { posted } = await fetched();
      const larger = await click(posted, 'Enlarge to 4K');
      expect(await larger.acknowledged).toMatchObject({ ephemeral: true });
    });

    it('Thinking shows what the model thought of that picture alone', async () => {
      const { posted } = await fetched();
      const shown = await answerOf(await click(posted, 'Thinking'));
      expect(readable(shown)).toContain('of this one');
      expect(readable(shown)).not.toContain('of another');
    });
  });

  it('fits what it fetches under the limit of the place where it is asked for', async () => {
    const { generation } = await picture({ state: 'interrupted' });
    await spooled(generation, 1_200);
    bot.discord.controls.set({ attachmentSizeLimit: 1_000_000 });
    try {
      const fetched = await click((await history()).message, 'Fetch 1');
      const posted = await answerOf(fetched);
      expect(bot.discord.filesOf(posted.id)[0]?.size).toBeLessThanOrEqual(1_000_000);
      expect(posted.embeds[0]?.footer?.text).toContain('sent as JPEG');
    } finally {
      bot.discord.controls.set({ attachmentSizeLimit: null });
    }
  });

  it('offers to enlarge what it fetched as far as this place allows', async () => {
    const { generation } = await picture({ state: 'interrupted' });
    await spooled(generation);
    const { operator } = bot.context;
    bot.context.operator = { ...operator, defaults: { ...operator.defaults, largestSize: '2K' } };
    try {
      const posted = await answerOf(await click((await history()).message, 'Fetch 1'));
      expect(Object.keys(buttonsOf(posted))).toContain('Enlarge to 2K');
      expect(Object.keys(buttonsOf(posted))).not.toContain('Enlarge to 4K');
    } finally {
      bot.context.operator = operator;
    }
  });

  it('says that a picture can be fetched again when Discord does not take it', async () => {
    const { generation } = await picture({ state: 'interrupted' });
    await spooled(generation);
    const { openLiveReply } = bot.context;
    bot.context.openLiveReply = (...about) => {
      const lives = [...openLiveReply(...about)];
      const deliver = async () => ({ to: 'later' as const });
      return new Map(lives.map(([id, live]) => [id, { ...live, deliver }]));
    };
    try {
      const clicked = await click((await history()).message, 'Fetch 1');
      expect(await refusal(clicked)).toContain('Press *Fetch* once more');
    } finally {
      bot.context.openLiveReply = openLiveReply;
    }
  });

  it('offers nothing to fetch for a picture that arrived, or whose file is gone', async () => {
    const { generation } = await picture({ state: 'delivered' });
    await spooled(generation);
    await picture({ state: 'interrupted' });
    const { message } = await history();
    expect(Object.keys(buttonsOf(message))).toEqual(['Again 1', 'Again 2']);
    expect(readable(message)).toContain('nothing could show it in time');
  });

  it('opens nothing for a button whose picture is gone', async () => {
    const { generation } = await picture({ state: 'interrupted' });
    await spooled(generation);
    const { message } = await history();
    await bot.store.retention.forget(person());
    for (const label of ['Again 1', 'Fetch 1']) {
      const clicked = await click(message, label);
      expect(await refusal(clicked)).toContain('No longer kept');
    }
    expect(bot.submitted).toEqual([]);
  });

  it('goes by who clicks, not by what the button says', async () => {
    const { generation } = await picture({ person: 'otherMember', state: 'interrupted' });
    await spooled(generation);
    const { studioGeneral } = bot.discord.world.places;
    const again = `history-again:${generation}`;
    const fetch = `history-fetch:${generation}`;
    const forged = await bot.forge(studioGeneral.id, [
      again,
      fetch,
      'history-again',
      'history-fetch:',
    ]);
    for (const label of [again, fetch]) {
      expect(await refusal(await click(forged, label))).toContain('Somebody else’s');
    }
    for (const label of ['history-again', 'history-fetch:']) {
      expect(await refusal(await click(forged, label))).toContain('No longer kept');
    }
    expect(bot.submitted).toEqual([]);
  });

  it('begins at the newest for a place that it cannot read', async () => {
    await picture({ prompt: 'the newest' });
    const { studioGeneral } = bot.discord.world.places;
    for (const id of ['history:older:x:y', 'history:newer:1:zz', 'history']) {
      const forged = await bot.forge(studioGeneral.id, [id]);
      const clicked = await click(forged, id);
      const shown = await clicked.when(() => clicked.response()?.embeds[0]);
      expect(shown.description).toContain('the newest');
    }
  });

  it('works in a direct message', async () => {
    await picture({ prompt: 'between us', target: { guildId: null } });
    const { message } = await history(person(), 'memberDm');
    expect(readable(message)).toContain('between us');
    expect(readable(message)).toContain('https://discord.com/channels/@me/');
  });

  it('keeps every custom_id within Discord’s 100 characters', async () => {
    for (let index = 0; index < 6; index++) await picture({ state: 'interrupted' });
    const { message } = await history();
    for (const id of Object.values(buttonsOf(message))) expect(id.length).toBeLessThanOrEqual(100);
  });
});
