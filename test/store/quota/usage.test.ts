import { describe, expect, test } from 'vitest';
import { utcDay } from '../../../src/store/store.ts';
import { DAY, NO_LIMITS, NOON, reply, USAGE } from '../samples.ts';
import { deliver, deliverReply, openTestStore } from '../test-store.ts';

const TODAY = utcDay(NOON);
const MONTH = { from: '2026-11-01', to: '2026-11-30' };

describe('usage', () => {
  test('adds up a person’s pictures over all guilds, and leaves other days out', async () => {
    const { store } = await openTestStore();
    const spend = { usage: USAGE, costMicros: 39_000 };
    for (const [id, guildId, day] of [
      ['r1', 'one', 0],
      ['r2', null, 1],
      ['r3', 'two', 60],
    ] as const) {
      await store.replies.admit(
        reply(id, { createdAt: NOON + day * DAY, target: { guildId } }),
        NO_LIMITS,
      );
      await deliver(store, `${id}-0`, spend);
    }
    expect(await store.usage.ofUser('user', MONTH)).toEqual({
      pictures: 2,
      failures: 0,
      promptTokens: 20,
      imageTokens: 2_240,
      thoughtTokens: 400,
      totalTokens: 2_660,
      costMicros: 78_000,
    });
    const today = await store.usage.ofUser('user', { from: TODAY, to: TODAY });
    expect(today.pictures).toBe(1);
    expect((await store.usage.ofUser('nobody', MONTH)).pictures).toBe(0);
  });

  test('gives a guild its days by model, in order, and its sum', async () => {
    const { store } = await openTestStore();
    await deliverReply(store, 'r1', { createdAt: NOON + DAY, pictures: 3 });
    await deliverReply(store, 'r2', { request: { model: 'pro' } });
    await deliverReply(store, 'r3');
    await deliverReply(store, 'elsewhere', { target: { guildId: 'another' } });
    const days = await store.usage.guildDays('guild', MONTH);
    expect(days.map(({ day, model, pictures }) => [day, model, pictures])).toEqual([
      ['2026-11-05', 'flash', 1],
      ['2026-11-05', 'pro', 1],
      ['2026-11-06', 'flash', 3],
    ]);
    expect(await store.usage.ofGuild('guild', MONTH)).toMatchObject({
      pictures: 5,
      totalTokens: 5 * 1_330,
    });
  });

  test('names those with the most pictures of a month first', async () => {
    const { store } = await openTestStore();
    for (const [userId, pictures] of [
      ['few', 1],
      ['most', 4],
      ['some', 2],
    ] as const) {
      await deliverReply(store, userId, { pictures, target: { userId } });
    }
    const next = { createdAt: NOON + 30 * DAY, pictures: 3, target: { userId: 'few' } };
    await deliverReply(store, 'next-month', next);
    const top = await store.usage.topUsers('guild', '2026-11', 2);
    expect(top.map(({ userId, pictures }) => [userId, pictures])).toEqual([
      ['most', 4],
      ['some', 2],
    ]);
  });

  test('counts what was reserved as the cost of a picture whose usage never came', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r', { reservedCostMicros: 67_000 }), NO_LIMITS);
    await deliver(store, 'r-0', { usage: null, costMicros: null });
    expect(await store.usage.ofUser('user', MONTH)).toMatchObject({ costMicros: 67_000 });
    expect(await store.generations.get('r-0')).toMatchObject({ costMicros: null, usage: null });
  });

  test('counts a refusal that cost tokens as a failure, at its cost', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r', { reservedCostMicros: 67_000 }), NO_LIMITS);
    await store.generations.start('r-0');
    await store.generations.countAttempt('r-0');
    const usage = { promptTokens: 8, imageTokens: null, thoughtTokens: 300, totalTokens: 308 };
    await store.generations.recordAttempt('r-0', { usage, costMicros: 904, accounted: true });
    await store.generations.conclude('r-0', {
      state: 'failed',
      failure: { kind: 'refused_image', details: { reason: 'IMAGE_SAFETY' } },
    });
    expect(await store.usage.ofGuild('guild', MONTH)).toMatchObject({
      pictures: 0,
      failures: 1,
      promptTokens: 8,
      costMicros: 904,
    });
    expect((await store.usage.quotaUse({ userId: 'user', guildId: 'guild' })).guild).toEqual({
      pictures: 1,
      costMicros: 904,
    });
  });

  test('gives quota back to the day it was taken on', async () => {
    const { store, clock } = await openTestStore();
    await store.replies.admit(reply('r', { reservedCostMicros: 5 }), NO_LIMITS);
    clock.now = NOON + DAY;
    await store.replies.admit(reply('next', { createdAt: clock.now }), NO_LIMITS);
    await store.generations.conclude('r-0', { state: 'cancelled' });
    const of = { userId: 'user', guildId: 'guild' };
    expect((await store.usage.quotaUse(of)).bot).toEqual({ pictures: 1, costMicros: 0 });
    clock.now = NOON;
    expect((await store.usage.quotaUse(of)).bot).toEqual({ pictures: 0, costMicros: 0 });
  });
});
