import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { utcDay } from '../../../src/store/store.ts';
import { DAY, NO_LIMITS, NOON, reply } from '../samples.ts';
import { deliver, deliverReply, openTestStore } from '../test-store.ts';

const TODAY = { from: utcDay(NOON), to: utcDay(NOON) };
const SECRET = 'a prompt that must be gone';

/** Whether the words stand anywhere in the store's files, its log included. */
function onDisk(file: string, words: string): boolean {
  const folder = dirname(file);
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(words));
}

describe('retention', () => {
  test('erases words and pictures after their days, and keeps what was counted', async () => {
    const { store, file, clock } = await openTestStore();
    const references = [
      {
        ...{ kind: 'attachment' as const, url: 'https://cdn/secret-reference' },
        ...{ name: 'me.png', contentType: null, bytes: 1 },
      },
    ];
    const made = reply('old', { request: { prompt: SECRET, references } });
    await store.replies.admit(made, NO_LIMITS);
    await deliver(store, 'old-0', { costMicros: 5 });
    await store.generations.saveThumbnail('old-0', Buffer.from('secret thumbnail'));
    await store.replies.admit(reply('failed'), NO_LIMITS);
    await store.generations.conclude('failed-0', {
      state: 'failed',
      failure: { kind: 'refused_image', details: { words: 'secret words of the model' } },
      transcript: 'secret thinking',
    });
    for (const id of ['old', 'failed']) await store.replies.settle(id);
    const totals = await store.usage.ofUser('user', TODAY);

    clock.now = NOON + 30 * DAY;
    expect(await store.retention.prune(30)).toBe(0);
    clock.now += 1;
    await deliverReply(store, 'young');
    expect(await store.retention.prune(30)).toBe(2);
    expect(await store.retention.prune(30)).toBe(0);

    const old = await store.replies.get('old');
    expect(old).toMatchObject({ userId: 'user', erasedAt: clock.now });
    expect(old?.generations[0]).toMatchObject({
      state: 'delivered',
      model: 'flash',
      size: '1K',
      request: null,
      image: null,
      costMicros: 5,
      usage: { totalTokens: 1_330 },
    });
    const failed = await store.generations.get('failed-0');
    expect(failed?.failure).toEqual({ kind: 'refused_image', details: {} });
    expect(await store.generations.transcript('failed-0')).toBeNull();
    for (const words of [SECRET, 'secret', 'me.png']) expect(onDisk(file, words)).toBe(false);

    const { entries } = await store.history.page('user', { limit: 10 });
    expect(entries.map(({ generation }) => generation.id)).toEqual(['young-0']);
    expect(await store.usage.ofUser('user', TODAY)).toMatchObject({
      costMicros: totals.costMicros,
    });
  });

  test('leaves what is not settled alone, however old', async () => {
    const { store, clock } = await openTestStore();
    await store.replies.admit(reply('open'), NO_LIMITS);
    clock.now = NOON + 400 * DAY;
    expect(await store.retention.prune(30)).toBe(0);
    expect((await store.replies.unsettled())[0]?.generations[0]?.request.prompt).toBeTruthy();
  });

  test('drops the counters of past days, and quota that comes back later does no harm', async () => {
    const { store, clock } = await openTestStore();
    await store.replies.admit(reply('open'), NO_LIMITS);
    clock.now = NOON + 10 * DAY;
    await store.retention.prune(30);
    expect(await store.generations.conclude('open-0', { state: 'interrupted' })).toBe(true);
    const of = { userId: 'user', guildId: 'guild' };
    expect(await store.usage.quotaUse(of)).toMatchObject({ user: { pictures: 0, open: 0 } });
    expect(await store.integrity()).toEqual([]);
  });

  test('works through more replies than one step takes', async () => {
    const { store, clock } = await openTestStore();
    for (let index = 0; index < 450; index++) {
      await store.replies.admit(reply(`r${index}`), NO_LIMITS);
      await store.generations.conclude(`r${index}-0`, { state: 'cancelled' });
      await store.replies.settle(`r${index}`);
    }
    clock.now += DAY;
    expect(await store.retention.prune(0)).toBe(450);
    expect(await store.retention.forget('user')).toEqual({ erased: 450, open: 0 });
  });
});

describe('a person who asks to be forgotten', () => {
  test('is gone from the files, while the guild keeps its sums', async () => {
    const { store, file } = await openTestStore();
    const mine = { target: { userId: 'forget-me', interactionToken: 'my-token' } };
    await deliverReply(store, 'mine', { ...mine, request: { prompt: SECRET }, pictures: 2 });
    await deliverReply(store, 'other', { target: { userId: 'other' } });
    await store.generations.saveThumbnail('mine-0', Buffer.from('my thumbnail'));
    await store.settings.change('guild', { userOpen: 3 }, 'forget-me');
    const guild = await store.usage.ofGuild('guild', TODAY);

    expect(await store.retention.forget('forget-me')).toEqual({ erased: 1, open: 0 });

    expect(await store.replies.get('mine')).toBeNull();
    expect(await store.usage.ofGuild('guild', TODAY)).toEqual(guild);
    expect((await store.usage.ofUser('forget-me', TODAY)).pictures).toBe(0);
    const top = await store.usage.topUsers('guild', '2026-11', 10);
    expect(top.map(({ userId }) => userId)).toEqual(['other']);
    expect((await store.settings.changes('guild', 1))[0]).toMatchObject({ userId: null, to: 3 });
    for (const words of [SECRET, 'my thumbnail', 'my-token']) {
      expect(onDisk(file, words)).toBe(false);
    }
    expect(await store.integrity()).toEqual([]);
  });

  test('does not get new quota for the day, and is gone from the counts after it', async () => {
    const { store, file, clock } = await openTestStore();
    const mine = { target: { userId: 'forget-me' } };
    await deliverReply(store, 'mine', mine);
    await store.retention.forget('forget-me');
    const limits = { ...NO_LIMITS, userPicturesPerDay: 1 };
    expect(await store.replies.admit(reply('again', mine), limits)).toMatchObject({
      admitted: false,
      refusal: { limit: 'user_pictures', left: 0 },
    });
    clock.now += 10 * DAY;
    await deliverReply(store, 'later', { createdAt: clock.now, target: { userId: 'other' } });
    await store.retention.prune(30);
    await store.retention.forget('nobody');
    expect(onDisk(file, 'forget-me')).toBe(false);
  });

  test('keeps what is still being made, and is told so', async () => {
    const { store } = await openTestStore();
    await deliverReply(store, 'done');
    await store.replies.admit(reply('open'), NO_LIMITS);
    expect(await store.retention.forget('user')).toEqual({ erased: 1, open: 1 });
    await deliver(store, 'open-0');
    await store.replies.settle('open');
    expect(await store.retention.forget('user')).toEqual({ erased: 1, open: 0 });
    expect(await store.integrity()).toEqual([]);
  });
});
