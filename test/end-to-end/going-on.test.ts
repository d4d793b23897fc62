import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buttonsOf,
  type Sandbox,
  type Settled,
  sendCommand,
  startSandbox,
  watchReply,
} from '@darkroom/sandbox';
import type { InteractionHandle, Message, MessageParts } from '@darkroom/sandbox/discord';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-going-on-'));
  sandbox = await startSandbox({ dataDir: join(folder, 'data'), env: { USER_CONCURRENT: '20' } });
  sandbox.discord.controls.set({ rateLimits: false });
});
afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

const people = () => sandbox.discord.world.people;
const channelId = () => sandbox.discord.world.places.studioGeneral.id;

async function settled(handle: InteractionHandle): Promise<Settled & { message: Message }> {
  const end = await watchReply(sandbox.discord, handle, { timeoutMs: 25_000 });
  if (end.message === null) throw new Error(`no message: ${end.states.at(-1)}`);
  return { ...end, message: end.message };
}

async function run(line: string, userId = people().member.id, attach = {}) {
  const actor = { userId, channelId: channelId(), label: '' };
  return await settled(await sendCommand(sandbox.discord, actor, line, attach));
}

async function click(message: Message, label: string, userId = people().member.id) {
  const button = buttonsOf(message).find((one) => one.label === label);
  if (button === undefined) throw new Error(`no button ${label}`);
  const customId = button.customId ?? '';
  return await sandbox.discord.interact({
    kind: 'button',
    messageId: message.id,
    channelId: channelId(),
    customId,
    userId,
  });
}

async function fillIn(
  opened: InteractionHandle,
  fields: Record<string, string | string[] | boolean>,
  userId = people().member.id,
) {
  await opened.acknowledged;
  expect(opened.modal()?.title).toBe('Edit the picture');
  return await sandbox.discord.interact({
    kind: 'modal',
    interactionId: opened.id,
    fields,
    userId,
  });
}

async function giveFile(colour: string) {
  const bytes = await sharp({ create: { width: 20, height: 20, channels: 3, background: colour } })
    .png()
    .toBuffer();
  const file = { name: `${colour}.png`, bytes, contentType: 'image/png' };
  return await sandbox.discord.upload(people().member.id, file);
}

const upload = async (colour: string) => (await giveFile(colour)).id;

const link = (message: Message) => message.embeds[0]?.description ?? '';
const isEphemeral = (message: Message | null) => (Number(message?.flags) & 64) === 64;
const lastRequest = () => sandbox.gemini.requests.at(-1);

describe('from one picture to the next', () => {
  it('asks again as a new reply that links to its origin, at the cost of who clicks', async () => {
    const first = await run('/imagine prompt:"a harbour" size:1K');
    const again = await settled(await click(first.message, 'Again', people().otherMember.id));
    expect(again.ok).toBe(true);
    expect(again.message.id).not.toBe(first.message.id);
    expect(link(again.message)).toContain(`/${channelId()}/${first.message.id}`);
    expect(lastRequest()).toMatchObject({ prompt: 'a harbour', size: '1K' });
  });

  it('says what came where that is not what was asked for, and enlarges from there', async () => {
    const first = await run('/imagine prompt:"[[square]] a canal" ratio:16:9 size:2K');
    expect(first.message.embeds[0]?.footer?.text).toContain(
      'Flash 3.1 · 1:1 · 1K (1024×1024) · asked for 16:9 2K · ',
    );
    const enlarged = await settled(await click(first.message, 'Enlarge to 2K'));
    expect(enlarged.ok).toBe(true);
    expect(lastRequest()).toMatchObject({ ratio: null, size: '2K' });
    expect(lastRequest()?.references).toHaveLength(1);
  });

  it('edits a picture by a form, from exactly that picture and what was added', async () => {
    const first = await run('/imagine prompt:"a meadow"');
    const [shown] = sandbox.discord.filesOf(first.message.id);
    const { sha256 } = await sandbox.discord.file(shown?.id ?? '');
    const opened = await click(first.message, 'Edit');
    const files = [await upload('red'), await upload('blue')];
    const fields = {
      instruction: 'add cows',
      files,
      ratio: ['16:9'],
      size: ['2K'],
      model: ['pro'],
    };
    const edited = await settled(await fillIn(opened, fields));
    expect(edited.ok).toBe(true);
    expect(lastRequest()).toMatchObject({
      prompt: 'add cows',
      ratio: '16:9',
      size: '2K',
      model: 'gemini-3-pro-image-preview',
    });
    expect(lastRequest()?.references).toHaveLength(3);
    expect(lastRequest()?.references[0]?.sha256).toBe(sha256);
    expect(link(edited.message)).toContain(first.message.id);
  });

  it('enlarges a picture from itself', async () => {
    const first = await run('/imagine prompt:"a tower" ratio:3:4');
    const larger = await settled(await click(first.message, 'Enlarge to 2K'));
    expect(larger.ok).toBe(true);
    expect(lastRequest()).toMatchObject({ size: '2K', ratio: '3:4', references: [{}] });
    expect(buttonsOf(larger.message).map(({ label }) => label)).toContain('Enlarge to 4K');
  });

  it('shows the thinking to who clicks alone', async () => {
    const first = await run('/imagine prompt:"a bridge"');
    const thinking = await click(first.message, 'Thinking', people().otherMember.id);
    await thinking.when(() => thinking.response()?.embeds.length || null);
    expect(isEphemeral(thinking.response())).toBe(true);
    expect(thinking.response()?.embeds[0]?.description).toContain('**');
  });

  it('tells the details of a picture, and what it was made from', async () => {
    const first = await run('/imagine prompt:"a well"');
    const opened = await click(first.message, 'Edit');
    const edited = await settled(await fillIn(opened, { instruction: 'deeper' }));
    const details = await sandbox.discord.interact({
      kind: 'message-command',
      command: 'Picture details',
      messageId: edited.message.id,
      channelId: channelId(),
      userId: people().owner.id,
    });
    await details.when(() => details.response()?.embeds.length || null);
    const text = JSON.stringify(details.response()?.embeds);
    expect(text).toContain('deeper');
    expect(text).toContain('a well');
    expect(text).toContain(first.message.id);
    expect(isEphemeral(details.response())).toBe(true);
  });

  it('edits any picture in any message by its menu', async () => {
    const bytes = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'green' } })
      .jpeg()
      .toBuffer();
    const post = await sandbox.discord.post({
      userId: people().owner.id,
      channelId: channelId(),
      files: [{ name: 'mine.jpg', bytes, contentType: 'image/jpeg' }],
    });
    const opened = await sandbox.discord.interact({
      kind: 'message-command',
      command: 'Edit picture',
      messageId: post.id,
      channelId: channelId(),
      userId: people().member.id,
    });
    const edited = await settled(await fillIn(opened, { instruction: 'make it blue' }));
    expect(edited.ok).toBe(true);
    expect(lastRequest()?.references).toMatchObject([{ mime: 'image/jpeg', bytes: bytes.length }]);
  });

  it('edits the gallery of another app’s message that somebody forwarded', async () => {
    const given = [await giveFile('orange'), await giveFile('purple')];
    const items = given.map(({ url, proxy_url }) => {
      return { media: { url, proxy_url, content_type: 'image/png' } };
    });
    const gallery = { type: 17, id: 1, components: [{ type: 12, id: 2, items }] };
    const message = {
      content: '',
      attachments: [],
      embeds: [],
      flags: 1 << 15,
      components: [gallery],
    };
    const reference = {
      type: 1,
      message_id: '111111111111111111',
      channel_id: '222222222222222222',
    };
    const post = await sandbox.discord.post({
      userId: people().owner.id,
      channelId: channelId(),
      parts: {
        message_reference: reference,
        message_snapshots: [{ message }],
      } as unknown as MessageParts,
    });
    const opened = await sandbox.discord.interact({
      kind: 'message-command',
      command: 'Edit picture',
      messageId: post.id,
      channelId: channelId(),
      userId: people().member.id,
    });
    const edited = await settled(await fillIn(opened, { instruction: 'mix them' }));
    expect(edited.ok).toBe(true);
    const files = await Promise.all(given.map(({ id }) => sandbox.discord.file(id)));
    expect(lastRequest()?.references).toMatchObject(
      files.map(({ sha256 }) => ({ mime: 'image/png', sha256 })),
    );
  });

  it('keeps what is private in private, down the line', async () => {
    const first = await run('/imagine prompt:"a diary" private:true');
    const again = await click(first.message, 'Again');
    expect(await again.acknowledged).toMatchObject({ ephemeral: true });
    const larger = await click(first.message, 'Enlarge to 2K');
    expect(await larger.acknowledged).toMatchObject({ ephemeral: true });
    await settled(again);
    await settled(larger);
  });

  it('works on messages from before a restart', async () => {
    const first = await run('/imagine prompt:"a lantern"');
    await sandbox.restartBot();
    const again = await settled(await click(first.message, 'Again'));
    const opened = await click(first.message, 'Edit');
    const edited = await settled(await fillIn(opened, { instruction: 'dimmer' }));
    expect([again.ok, edited.ok]).toEqual([true, true]);
    expect(lastRequest()?.references).toHaveLength(1);
  });
});

describe('several pictures at once', () => {
  it('come into one message, each as soon as it is made', async () => {
    const counts: number[] = [];
    const stop = sandbox.discord.events.on('message', ({ message, change }) => {
      if (change !== 'delete') counts.push(sandbox.discord.filesOf(message.id).length);
    });
    const first = await run('/imagine prompt:"four seasons" count:4');
    stop();
    expect(first.files).toHaveLength(4);
    expect(new Set(first.files.map(({ filename }) => filename)).size).toBe(4);
    expect([...new Set(counts)].filter((count) => count > 0)).toEqual([1, 2, 3, 4]);
    const urls = new Set(first.message.embeds.map(({ url }) => url));
    expect(urls.size).toBe(1);
    expect(first.footer).toContain('4 pictures');
  });

  it('do not fall with one that fails', async () => {
    const before = sandbox.gemini.requests.length;
    sandbox.gemini.controls.nextDirectives.push('[[refuse]]');
    const first = await run('/imagine prompt:"three directives" count:3');
    expect(first.ok).toBe(true);
    expect(first.files).toHaveLength(2);
    expect(first.message.embeds[0]?.description).toContain('no picture: The prompt was declined');
    expect(first.footer).toContain('2 of 3 pictures');
    expect(sandbox.gemini.requests.length - before).toBe(3);
  });

  it('are each gone on from by buttons, also after a restart', async () => {
    const first = await run('/imagine prompt:"two roads" count:2 size:1K');
    await sandbox.restartBot();
    for (let times = 0; times < 2; times++) {
      const again = await settled(await click(first.message, 'Again 2'));
      expect(again.files).toHaveLength(1);
    }
    const larger = await settled(await click(first.message, 'Enlarge 2 to 2K'));
    expect(larger.ok).toBe(true);
    expect(lastRequest()).toMatchObject({ size: '2K', references: [{}] });
    // Files stand in the order in which they were made; the name tells which one is the second.
    const button = buttonsOf(first.message).find(({ label }) => label === 'Enlarge 2 to 2K');
    const generationId = button?.customId?.split(':')[1] ?? 'none';
    const second = first.files.find(({ filename }) =>
      filename.startsWith(`darkroom-${generationId}.`),
    );
    const { sha256 } = await sandbox.discord.file(second?.id ?? '');
    expect(lastRequest()?.references[0]?.sha256).toBe(sha256);
    const edited = await settled(
      await fillIn(await click(first.message, 'Edit 2'), { instruction: 'at night' }),
    );
    expect(edited.ok).toBe(true);
  });

  it.each([false, true])(
    'go on after a restart in the middle, and none is lost or doubled (private: %s)',
    async (isPrivate) => {
      sandbox.gemini.controls.pace = 0.5;
      try {
        const actor = { userId: people().member.id, channelId: channelId(), label: '' };
        const line = `/imagine prompt:"a long walk" count:3 private:${isPrivate}`;
        const handle = await sendCommand(sandbox.discord, actor, line, {});
        await handle.when(() => {
          const response = handle.response();
          return response && sandbox.discord.filesOf(response.id).length > 0 ? true : null;
        });
        await sandbox.restartBot('SIGKILL');
        const end = await settled(handle);
        expect(end.files).toHaveLength(3);
        expect(new Set(end.files.map(({ filename }) => filename)).size).toBe(3);
      } finally {
        sandbox.gemini.controls.pace = 0;
      }
    },
  );
});

describe('who may', () => {
  it('cancel: the one who asked and moderators, nobody else', async () => {
    const actor = { userId: people().member.id, channelId: channelId(), label: '' };
    const line = '/imagine prompt:"a slow river [[slow:60]]"';
    const handle = await sendCommand(sandbox.discord, actor, line, {});
    const message = await handle.when(() => {
      const response = handle.response();
      return response && buttonsOf(response).length > 0 ? response : null;
    });
    const stranger = await click(message, 'Cancel', people().otherMember.id);
    const refusal = await stranger.when(() => stranger.followups()[0]);
    expect(refusal.embeds[0]?.title).toBe('Not yours');
    await click(message, 'Cancel', people().moderator.id);
    const end = await settled(handle);
    expect(end).toMatchObject({ ok: false, kind: 'cancelled' });
    expect(lastRequest()?.outcome).toBe('client-gone');
  });

  it('delete: after a question, and only they', async () => {
    const first = await run('/imagine prompt:"a mistake"');
    const stranger = await click(first.message, 'Delete', people().otherMember.id);
    await stranger.when(
      () => stranger.followups()[0] ?? (stranger.response()?.embeds.length || null),
    );
    expect(sandbox.discord.message(first.message.id)).not.toBeNull();
    const asked = await click(first.message, 'Delete');
    const question = await asked.when(() => asked.followups()[0]);
    expect(isEphemeral(question)).toBe(true);
    const confirmed = await click(question, 'Delete it');
    await confirmed.when(() => confirmed.response()?.embeds[0]?.title === 'Deleted' || null);
    expect(sandbox.discord.message(first.message.id)).toBeNull();
  });
});
