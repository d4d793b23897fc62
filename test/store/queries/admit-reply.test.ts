import { describe, expect, test } from 'vitest';
import type { Refusal } from '../../../src/domain.ts';
import type { Admission, AdmissionLimits } from '../../../src/store/store.ts';
import { DAY, MINUTE, NO_LIMITS, NOON, reply } from '../samples.ts';
import { deliver, openTestStore } from '../test-store.ts';

const MIDNIGHT = NOON + DAY / 2;

function refusalOf(admission: Admission): Refusal | null {
  return admission.admitted ? null : admission.refusal;
}

describe('admission', () => {
  test('lets exactly a hundred of a thousand at once through a limit of a hundred', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, guildPicturesPerDay: 100 };
    const admissions = await Promise.all(
      Array.from({ length: 1_000 }, (_, index) =>
        store.replies.admit(reply(`r${index}`, { target: { userId: `user${index % 7}` } }), limits),
      ),
    );
    expect(admissions.filter(({ admitted }) => admitted)).toHaveLength(100);
    expect(await store.replies.unsettled()).toHaveLength(100);
    expect((await store.usage.quotaUse({ userId: 'user0', guildId: 'guild' })).guild).toEqual({
      pictures: 100,
      costMicros: 0,
    });
    expect(await store.integrity()).toEqual([]);
  });

  test.for<[keyof AdmissionLimits, number, Refusal]>([
    ['userOpen', 3, { limit: 'user_open', value: 3, left: 1, asked: 2, freesAt: null }],
    [
      'userPicturesPerDay',
      3,
      { limit: 'user_pictures', value: 3, left: 1, asked: 2, freesAt: MIDNIGHT },
    ],
    [
      'userCooldownMs',
      MINUTE,
      { limit: 'user_cooldown', value: MINUTE, left: 0, asked: 0, freesAt: NOON + MINUTE },
    ],
    [
      'guildPicturesPerDay',
      3,
      { limit: 'guild_pictures', value: 3, left: 1, asked: 2, freesAt: MIDNIGHT },
    ],
    [
      'guildCostMicrosPerDay',
      350,
      { limit: 'guild_cost', value: 350, left: 150, asked: 200, freesAt: MIDNIGHT },
    ],
    [
      'botPicturesPerDay',
      3,
      { limit: 'bot_pictures', value: 3, left: 1, asked: 2, freesAt: MIDNIGHT },
    ],
    [
      'botCostMicrosPerDay',
      350,
      { limit: 'bot_cost', value: 350, left: 150, asked: 200, freesAt: MIDNIGHT },
    ],
  ])('holds %s, and says what is left and when it frees', async ([name, value, refusal]) => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, [name]: value };
    const two = { pictures: 2, reservedCostMicros: 100 };
    expect(refusalOf(await store.replies.admit(reply('first', two), limits))).toBeNull();
    const before = await store.usage.quotaUse({ userId: 'user', guildId: 'guild' });

    expect(refusalOf(await store.replies.admit(reply('second', two), limits))).toEqual(refusal);

    expect(await store.replies.get('second')).toBeNull();
    expect(await store.usage.quotaUse({ userId: 'user', guildId: 'guild' })).toEqual(before);
  });

  test('names the limit that frees last when several are in the way', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('first'), NO_LIMITS);
    const limits = { ...NO_LIMITS, userOpen: 1, userCooldownMs: MINUTE, botPicturesPerDay: 1 };
    const refusal = refusalOf(await store.replies.admit(reply('second'), limits));
    expect(refusal).toMatchObject({ limit: 'bot_pictures', freesAt: MIDNIGHT });
  });

  test('says that more than the whole limit never passes', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, userPicturesPerDay: 3 };
    const refusal = refusalOf(await store.replies.admit(reply('r', { pictures: 4 }), limits));
    expect(refusal).toEqual({
      limit: 'user_pictures',
      value: 3,
      left: 3,
      asked: 4,
      freesAt: null,
    });
  });

  test('takes up to the limit itself, and nothing at a limit of zero', async () => {
    const { store } = await openTestStore();
    const admit = (id: string, limit: number) =>
      store.replies.admit(reply(id, { pictures: 4 }), { ...NO_LIMITS, botPicturesPerDay: limit });
    expect(await admit('exact', 4)).toMatchObject({ admitted: true });
    expect(await admit('zero', 0)).toMatchObject({ admitted: false });
  });

  test('counts a person in every guild, and each guild by itself', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, userPicturesPerDay: 2, guildPicturesPerDay: 1 };
    const admit = async (id: string, guildId: string | null) =>
      refusalOf(await store.replies.admit(reply(id, { target: { guildId } }), limits))?.limit;
    expect(await admit('r1', 'one')).toBeUndefined();
    expect(await admit('r2', 'one')).toBe('guild_pictures');
    expect(await admit('r3', 'two')).toBeUndefined();
    expect(await admit('r4', 'three')).toBe('user_pictures');
    expect(await admit('r5', null)).toBe('user_pictures');
  });

  test('begins a new count with the UTC day, while open ones stay open', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, userPicturesPerDay: 1, userOpen: 2 };
    const admit = async (id: string, createdAt: number) =>
      refusalOf(await store.replies.admit(reply(id, { createdAt }), limits))?.limit;
    expect(await admit('r1', MIDNIGHT - 1)).toBeUndefined();
    expect(await admit('r2', MIDNIGHT - 1)).toBe('user_pictures');
    expect(await admit('r3', MIDNIGHT)).toBeUndefined();
    expect(await admit('r4', MIDNIGHT + DAY)).toBe('user_open');
    await deliver(store, 'r1-0');
    expect(await admit('r5', MIDNIGHT + DAY)).toBeUndefined();
  });

  test('counts what is exempt from a limit towards the limits of others', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('exempt', { pictures: 3 }), NO_LIMITS);
    const admission = await store.replies.admit(reply('r', { target: { userId: 'other' } }), {
      ...NO_LIMITS,
      guildPicturesPerDay: 3,
    });
    expect(refusalOf(admission)).toMatchObject({ limit: 'guild_pictures', left: 0 });
  });

  test('warns once a day when four fifths of a bot-wide limit are taken', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, botPicturesPerDay: 10, botCostMicrosPerDay: 1_000 };
    const warned: unknown[] = [];
    for (let index = 0; index < 11; index++) {
      const admission = await store.replies.admit(
        reply(`r${index}`, { reservedCostMicros: 90 }),
        limits,
      );
      if (admission.admitted) warned.push(...admission.warnings.map((at) => [index, at]));
    }
    expect(warned).toEqual([
      [7, { limit: 'bot_pictures', value: 10, used: 8 }],
      [8, { limit: 'bot_cost', value: 1_000, used: 810 }],
    ]);
    const tomorrow = { createdAt: NOON + DAY, pictures: 4 };
    await store.replies.admit(reply('next', tomorrow), limits);
    expect(await store.replies.admit(reply('over', tomorrow), limits)).toEqual({
      admitted: true,
      warnings: [{ limit: 'bot_pictures', value: 10, used: 8 }],
    });
  });

  test('counts a request of the future as one of now, so that no cooldown waits for its time', async () => {
    const { store, clock } = await openTestStore();
    const limits = { ...NO_LIMITS, userCooldownMs: MINUTE };
    await store.replies.admit(reply('ahead', { createdAt: NOON + DAY }), limits);
    const admit = async (id: string, createdAt: number) =>
      refusalOf(await store.replies.admit(reply(id, { createdAt }), limits));
    expect(await admit('first', NOON)).toMatchObject({ freesAt: NOON + MINUTE });
    expect(await admit('second', NOON + MINUTE - 1)).toMatchObject({ freesAt: NOON + MINUTE });
    clock.now = NOON + MINUTE;
    const taken = await store.usage.quotaUse({ userId: 'user', guildId: 'guild' });
    expect(taken.user.lastAdmittedAt).toBe(NOON);
    expect(await admit('third', NOON + MINUTE)).toBeNull();
  });

  test('takes an estimate of any size for a number, and holds it for no other day', async () => {
    const { store } = await openTestStore();
    const limits = { ...NO_LIMITS, botCostMicrosPerDay: 1_000 };
    for (const [index, reservedCostMicros] of [1e29, Number.POSITIVE_INFINITY].entries()) {
      const refusal = refusalOf(
        await store.replies.admit(reply(`huge${index}`, { reservedCostMicros }), limits),
      );
      expect(refusal).toMatchObject({ limit: 'bot_cost', freesAt: null });
    }
    for (const [index, reservedCostMicros] of [-1e29, Number.NaN, 0.4].entries()) {
      const fine = reply(`fine${index}`, { reservedCostMicros });
      expect(refusalOf(await store.replies.admit(fine, limits))).toBeNull();
    }
    expect((await store.usage.quotaUse({ userId: 'user', guildId: null })).bot.costMicros).toBe(0);
  });

  test.for([0, 5])('throws for a reply of %i generations', async (pictures) => {
    const { store } = await openTestStore();
    const admission = store.replies.admit(reply('r', { pictures }), NO_LIMITS);
    await expect(admission).rejects.toThrow(RangeError);
  });

  test('throws for an id that is taken, and reserves no quota for it', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    await expect(store.replies.admit(reply('r'), NO_LIMITS)).rejects.toThrow(/UNIQUE/);
    expect(await store.usage.quotaUse({ userId: 'user', guildId: 'guild' })).toMatchObject({
      user: { pictures: 1, open: 1 },
      bot: { pictures: 1 },
    });
  });
});
