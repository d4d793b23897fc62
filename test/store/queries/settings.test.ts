import { describe, expect, test } from 'vitest';
import { MINUTE, NOON } from '../samples.ts';
import { openTestStore } from '../test-store.ts';

describe('settings', () => {
  test('keep a guild’s own values as they were set, null (no limit) included', async () => {
    const { store } = await openTestStore();
    const own = {
      userPicturesPerDay: null,
      models: ['flash' as const],
      privateAllowed: false,
      blockedWords: ['/x/'],
    };
    await store.settings.change('guild', own, 'moderator');
    expect(await store.settings.get('guild')).toEqual(own);
    expect(await store.settings.get('another')).toEqual({});
  });

  test('remember who changed what, from what and to what, and only what changed', async () => {
    const { store, clock } = await openTestStore();
    await store.settings.change('guild', { userOpen: 2, largestSize: '2K' }, 'ann');
    clock.now += MINUTE;
    expect(
      await store.settings.change('guild', { userOpen: 2, largestSize: 'default' }, 'bob'),
    ).toEqual({ userOpen: 2 });
    clock.now += MINUTE;
    await store.settings.change('guild', { userOpen: null }, 'bob');
    expect(await store.settings.changes('guild', 2)).toEqual([
      { name: 'userOpen', from: 2, to: null, userId: 'bob', changedAt: NOON + 2 * MINUTE },
      { name: 'largestSize', from: '2K', to: undefined, userId: 'bob', changedAt: NOON + MINUTE },
    ]);
    expect(await store.settings.changes('guild', 10)).toHaveLength(4);
    expect(await store.settings.changes('another', 10)).toEqual([]);
  });

  test('give every change its own line when many moderators save at once', async () => {
    const { store } = await openTestStore();
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.settings.change('guild', { userOpen: index }, `user${index}`),
      ),
    );
    const changes = await store.settings.changes('guild', 100);
    const steps = new Map(changes.map(({ from, to }) => [from, to]));
    let value: unknown;
    for (let step = 0; step < 20; step++) value = steps.get(value);
    expect(value).toBe((await store.settings.get('guild')).userOpen);
  });
});
