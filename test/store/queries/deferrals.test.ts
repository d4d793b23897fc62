import { expect, test } from 'vitest';
import { NO_LIMITS, reply } from '../samples.ts';
import { openTestStore } from '../test-store.ts';

test('a deferral is kept until it is answered, whatever happens to the process', async () => {
  const { store } = await openTestStore();
  const { target } = reply('r');
  await store.deferrals.note(target);
  await store.deferrals.note(target);
  expect(await store.deferrals.list()).toEqual([target]);
  await store.deferrals.clear(target.interactionToken);
  expect(await store.deferrals.list()).toEqual([]);
});

test('admission takes over what was deferred, in the same transaction', async () => {
  const { store } = await openTestStore();
  const asked = reply('r');
  await store.deferrals.note(asked.target);
  const refused = await store.replies.admit(asked, { ...NO_LIMITS, botPicturesPerDay: 0 });
  expect(refused.admitted).toBe(false);
  expect(await store.deferrals.list()).toHaveLength(1);
  await store.replies.admit(asked, NO_LIMITS);
  expect(await store.deferrals.list()).toEqual([]);
});
