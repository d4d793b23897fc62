import { DatabaseSync } from 'node:sqlite';
import type { InteractionHandle, Message } from '@darkroom/sandbox/discord';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ReplyError } from '../../src/discord-http/errors.ts';
import { Failure } from '../../src/domain.ts';
import { DAY, NO_LIMITS, NOON, reply, USAGE } from '../store/samples.ts';
import { readable, startBot, type TestBot } from './bot.ts';

let bot: TestBot;
let count = 0;

beforeAll(async () => {
  bot = await startBot(NOON);
});
afterAll(() => bot.close());
beforeEach(() => {
  bot.submitted.length = 0;
});

const person = () => bot.discord.world.people.member.id;
const place = () => bot.discord.world.places.studioGeneral;
const shown = (id: string) => `${new URL(bot.discord.apiUrl).origin}/attachments/1/2/${id}.png`;

/** A delivered picture in the store, of 2K, and a message that shows it above these buttons. */
async function delivered(
  customIds: (ids: { reply: string; picture: string }) => string[],
  pixels = { width: 2_048, height: 2_048 },
) {
  const id = `picture${String(count++).padStart(5, '0')}`;
  const made = reply(id, {
    createdAt: NOON,
    request: { size: '2K', ratio: '1:1', prompt: 'a lighthouse' },
    target: {
      userId: person(),
      guildId: bot.discord.world.places.studio.id,
      channelId: place().id,
    },
  });
  const picture = made.generations[0]?.id ?? '';
  const { generations, replies } = bot.store;
  const message = await bot.forge(
    place().id,
    customIds({ reply: id, picture }),
    shown(`darkroom-${picture}`),
  );
  await replies.admit(made, NO_LIMITS);
  await replies.setMessage(id, message.id);
  await generations.start(picture);
  await generations.countAttempt(picture);
  await generations.recordImage(picture, {
    image: { path: '/none', bytes: 1, mime: 'image/png', ...pixels },
    usage: USAGE,
    costMicros: null,
  });
  await generations.conclude(picture, { state: 'delivered' });
  await replies.settle(id);
  return { id, picture, message };
}

/** A picture that was made from another one, which had this address. */
async function editedFrom(url: string, change: { enlarge?: true } = {}) {
  const source = await delivered(() => []);
  const edited = await delivered(({ reply: id }) => [`again:${id}`]);
  const db = new DatabaseSync(bot.file);
  const reference = { url, name: 'x.png', contentType: null, bytes: 1, ...change };
  db.prepare('update generations set reference_files = ? where id = ?').run(
    JSON.stringify([{ ...reference, generationId: source.picture }]),
    edited.picture,
  );
  db.close();
  return { source, edited };
}

const click = (message: Message, customId: string) =>
  bot.discord.interact({
    kind: 'button',
    messageId: message.id,
    channelId: place().id,
    customId,
    userId: person(),
  });

const fromMenu = (message: Message, command: string) =>
  bot.discord.interact({
    kind: 'message-command',
    command,
    messageId: message.id,
    channelId: place().id,
    userId: person(),
  });

const fillIn = (opened: InteractionHandle, fields: Record<string, string | string[]>) =>
  bot.discord.interact({ kind: 'modal', interactionId: opened.id, fields, userId: person() });

const upload = () =>
  bot.discord.upload(person(), { name: 'a.png', bytes: new Uint8Array([137, 80, 78, 71]) });

const submitted = () => expect.poll(() => bot.submitted);

async function refusal(handle: InteractionHandle): Promise<string> {
  const said = await handle.when(() =>
    [...handle.followups(), handle.response()].find((one) => one?.embeds[0]?.footer),
  );
  return readable(said);
}

describe('Edit picture', () => {
  it('opens its form while another process keeps the database locked, and waits for it later', async () => {
    const message = await bot.forge(place().id, [], shown('a'));
    const other = new DatabaseSync(bot.file);
    other.exec('begin immediate');
    let filled: InteractionHandle;
    try {
      const opened = await fromMenu(message, 'Edit picture');
      expect(await opened.acknowledged).toMatchObject({ type: 9 });
      filled = await fillIn(opened, { instruction: 'brighter' });
      expect(await filled.acknowledged).toMatchObject({ type: 5 });
      expect(bot.submitted).toEqual([]);
    } finally {
      other.exec('rollback');
      other.close();
    }
    await submitted().toHaveLength(1);
    expect(bot.submitted[0]?.requests[0]?.references).toMatchObject([{ url: shown('a') }]);
  });

  it('says at once that a picture of another site is out of reach', async () => {
    const message = await bot.forge(place().id, [], 'https://example.com/a.png');
    expect(await refusal(await fromMenu(message, 'Edit picture'))).toContain('out of reach');
  });

  it('says of how many pictures it is when some are out of reach, as their numbers would mislead', async () => {
    const message = await bot.forge(place().id, [], shown('a'), 'https://example.com/b.png');
    const opened = await fromMenu(message, 'Edit picture');
    await opened.acknowledged;
    expect(JSON.stringify(opened.modal())).toContain(
      'Of 1 of its 2 images: the others are on other websites.',
    );
    const whole = await bot.forge(place().id, [], shown('a'), shown('b'));
    const again = await fromMenu(whole, 'Edit picture');
    await again.acknowledged;
    expect(JSON.stringify(again.modal())).toContain('Of all 2 images of the message');
  });
});

describe('the form', () => {
  it('offers what the server allows, and no more', async () => {
    const { picture, message } = await delivered(({ picture }) => [`edit:${picture}`]);
    const { studio } = bot.discord.world.places;
    const { settings } = bot.store;
    await settings.change(studio.id, { largestSize: '1K', models: ['pro'] }, person());
    try {
      const opened = await click(message, `edit:${picture}`);
      await opened.acknowledged;
      const form = JSON.stringify(opened.modal());
      expect(form).toContain('"value":"1K"');
      expect(form).not.toMatch(/"value":"(2K|4K|flash)"/);
    } finally {
      await settings.change(studio.id, { largestSize: 'default', models: 'default' }, person());
    }
  });

  it('gives back what was typed into it when it is refused', async () => {
    const { picture, message } = await delivered(({ picture }) => [`edit:${picture}`]);
    const { generations } = bot.context;
    bot.context.generations = {
      ...generations,
      submit: () => Promise.reject(new Failure('limit', 'no', { details: { problem: 'size' } })),
    };
    try {
      const opened = await click(message, `edit:${picture}`);
      await opened.acknowledged;
      const said = await refusal(await fillIn(opened, { instruction: 'a ```very``` long wish' }));
      expect(said).toContain("```\na '''very''' long wish\n```");
    } finally {
      bot.context.generations = generations;
    }
  });

  it.each(['   ', '\u200B\u200B', '\u2800', '\u{E0061}\uFE0F'])(
    'takes no words from %j',
    async (instruction) => {
      const { picture, message } = await delivered(({ picture }) => [`edit:${picture}`]);
      const opened = await click(message, `edit:${picture}`);
      await opened.acknowledged;
      expect(await refusal(await fillIn(opened, { instruction }))).toContain('No words');
      expect(bot.submitted).toEqual([]);
    },
  );
});

describe('a picture', () => {
  it('is enlarged when its words are no longer kept, and never to what it has', async () => {
    const ids = ({ picture }: { picture: string }) => [
      `enlarge:${picture}:4K`,
      `enlarge:${picture}:2K`,
    ];
    const { picture, message } = await delivered(ids);
    bot.clock.now = NOON + 40 * DAY;
    await bot.store.retention.prune(30);
    bot.clock.now = NOON;
    await click(message, `enlarge:${picture}:4K`);
    await submitted().toHaveLength(1);
    expect(bot.submitted[0]?.requests[0]).toMatchObject({
      prompt: '',
      size: '4K',
      references: [{ generationId: picture, url: shown(`darkroom-${picture}`) }],
    });
    expect(await refusal(await click(message, `enlarge:${picture}:2K`))).toContain('larger');
  });

  it('that came smaller and in another ratio than was asked for is enlarged as it came', async () => {
    const ids = ({ picture }: { picture: string }) => [`enlarge:${picture}:2K`];
    const { picture, message } = await delivered(ids, { width: 1_376, height: 768 });
    await click(message, `enlarge:${picture}:2K`);
    await submitted().toHaveLength(1);
    expect(bot.submitted[0]?.requests[0]).toMatchObject({ size: '2K', ratio: null });
  });

  it('is gone on from by its message alone when the database was told to forget it', async () => {
    const ids = ({ picture }: { picture: string }) => [`edit:${picture}`, `enlarge:${picture}:4K`];
    const { picture, message } = await delivered(ids);
    await bot.store.retention.forget(person());
    const opened = await click(message, `edit:${picture}`);
    expect(await opened.acknowledged).toMatchObject({ type: 9 });
    await fillIn(opened, { instruction: 'at night' });
    await submitted().toHaveLength(1);
    await click(message, `enlarge:${picture}:4K`);
    await submitted().toHaveLength(2);
    const url = shown(`darkroom-${picture}`);
    for (const { requests, origin } of bot.submitted) {
      expect(origin).toBeNull();
      expect(requests[0]?.references).toMatchObject([{ url, generationId: picture }]);
    }
  });

  it('that was to be made larger is drawn by the form’s words once the form had to ask', async () => {
    const { source, edited } = await editedFrom('', { enlarge: true });
    await bot.store.replies.setMessage(source.id, null);
    const opened = await click(edited.message, `again:${edited.id}`);
    expect(await opened.acknowledged).toMatchObject({ type: 9 });
    // Found again by the time the form is sent.
    await bot.store.replies.setMessage(source.id, source.message.id);
    await fillIn(opened, { instruction: 'a tower', files: [(await upload()).id] });
    await submitted().toHaveLength(1);
    const [request] = bot.submitted[0]?.requests ?? [];
    expect(request).toMatchObject({ intent: 'edit', prompt: 'a tower' });
    expect(request?.references).toHaveLength(2);
  });

  it('that went by one that was just deleted asks for it, whatever its address says', async () => {
    const { source, edited } = await editedFrom(shown('x'));
    await bot.store.replies.setMessage(source.id, null);
    const again = await click(edited.message, `again:${edited.id}`);
    expect(await again.acknowledged).toMatchObject({ type: 9 });
  });

  it('that went by one that Discord is too busy to show is not taken for lost', async () => {
    const { edited } = await editedFrom('');
    bot.discord.controls.injectFault({
      match: { method: 'GET', route: '/channels/:channel/messages/:message' },
      effect: { kind: 'answer', status: 503 },
    });
    const again = await click(edited.message, `again:${edited.id}`);
    expect(await again.acknowledged).toMatchObject({ type: 5 });
    await submitted().toHaveLength(1);
  });

  it('that is none of ours has no details, and the answer says so', async () => {
    const posted = await bot.discord.post({
      userId: person(),
      channelId: place().id,
      content: 'hello',
    });
    const said = await refusal(await fromMenu(posted, 'Picture details'));
    expect(said).toContain('None of Darkroom’s pictures');
  });
});

describe('the menu under several pictures that earlier versions sent', () => {
  const choose = (message: Message, customId: string, value: string) =>
    bot.discord.interact({
      kind: 'select',
      messageId: message.id,
      channelId: place().id,
      customId,
      values: [value],
      userId: person(),
    });

  it('still makes one of them larger, or again', async () => {
    const { id, picture } = await delivered(() => [], { width: 1_024, height: 1_024 });
    const values = [`again:${picture}`, `enlarge:${picture}:2K`];
    const menu = await bot.forgeMenu(place().id, `pick:${id}`, values);
    const again = await choose(menu, `pick:${id}`, `again:${picture}`);
    expect(await again.acknowledged).toMatchObject({ type: 5, ephemeral: false });
    await submitted().toHaveLength(1);
    await choose(menu, `pick:${id}`, `enlarge:${picture}:2K`);
    await submitted().toHaveLength(2);
    expect(bot.submitted.map(({ command }) => command)).toEqual(['again', 'enlarge']);
    const origin = { replyId: id, generationId: picture };
    for (const { origin: from } of bot.submitted) expect(from).toEqual(origin);
  });

  it('opens nothing that is not in its reply', async () => {
    const { id } = await delivered(() => []);
    const other = await delivered(() => []);
    const menu = await bot.forgeMenu(place().id, `pick:${id}`, [`again:${other.picture}`]);
    const again = await choose(menu, `pick:${id}`, `again:${other.picture}`);
    expect(await refusal(again)).toContain('No longer kept');
    expect(bot.submitted).toEqual([]);
  });
});

describe('Delete', () => {
  /** A picture whose *Delete* was clicked, and what *Delete it* under the question then leads to. */
  async function asked() {
    const { id, message } = await delivered(({ reply: id }) => [`delete:${id}`]);
    const opened = await click(message, `delete:${id}`);
    const question = await opened.when(() => opened.followups()[0]);
    return { id, message, confirm: () => click(question, `delete-yes:${id}`) };
  }

  const strike = (route: string, status: number, body: object | string) =>
    bot.discord.controls.injectFault({
      match: { method: 'DELETE', route },
      effect: { kind: 'answer', status, body },
    });
  const MISSING_ACCESS = { message: 'Missing Access', code: 50_001 };

  const isDeleted = (answer: InteractionHandle) =>
    answer.when(() => answer.response()?.embeds[0]?.title === 'Deleted' || null);

  it('goes by the click, where the bot itself may not look', async () => {
    const { id, message, confirm } = await asked();
    const mend = strike('/channels/:channel/messages/:message', 403, MISSING_ACCESS);
    await isDeleted(await confirm());
    mend();
    expect(bot.discord.message(message.id)).toBeNull();
    expect(bot.cancelled).toContain(id);
  });

  it('goes by the click, where the database never learned of the message', async () => {
    const { id, message, confirm } = await asked();
    await bot.store.replies.setMessage(id, null);
    await isDeleted(await confirm());
    expect(bot.discord.message(message.id)).toBeNull();
  });

  it('waits while Discord is busy', async () => {
    const { message, confirm } = await asked();
    strike('@original', 503, '<html>busy</html>');
    await isDeleted(await confirm());
    expect(bot.discord.message(message.id)).toBeNull();
  });

  it('says so when Discord stays busy, and when it forbids it', async () => {
    const { message, confirm } = await asked();
    const { deleteByClick } = bot.context.deletions;
    const about = { message: 'busy', method: 'DELETE', route: '@original' };
    bot.context.deletions.deleteByClick = () => Promise.reject(new ReplyError('busy', about));
    try {
      expect(await refusal(await confirm())).toContain('Discord is busy');
    } finally {
      bot.context.deletions.deleteByClick = deleteByClick;
    }
    strike('@original', 403, MISSING_ACCESS);
    expect(await refusal(await confirm())).toContain('Use Discord’s own *Delete message*');
    expect(bot.discord.message(message.id)).not.toBeNull();
  });

  it('goes by the bot’s own token once the click is over, and asks for another where that may not', async () => {
    const { message, confirm } = await asked();
    const { clicks } = bot.context.deletions;
    bot.context.deletions.clicks = { ...clicks, find: () => null };
    try {
      strike('/channels/:channel/messages/:message', 403, MISSING_ACCESS);
      expect(await refusal(await confirm())).toContain('Click Delete once more');
      expect(bot.discord.message(message.id)).not.toBeNull();
      await isDeleted(await confirm());
      expect(bot.discord.message(message.id)).toBeNull();
    } finally {
      bot.context.deletions.clicks = clicks;
    }
  });
});
