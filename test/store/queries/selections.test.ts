import { expect, test } from 'vitest';
import { openTestStore } from '../test-store.ts';

const picture = {
  kind: 'attachment' as const,
  url: 'https://cdn.discordapp.com/a.png',
  name: 'a.png',
  contentType: null,
  bytes: 1,
};

test('a selection is for the one who made it', async () => {
  const { store } = await openTestStore();
  await store.selections.put('s', 'ann', [picture]);
  expect(await store.selections.get('s', 'ann')).toEqual([picture]);
  expect(await store.selections.get('s', 'bob')).toBeNull();
  expect(await store.selections.get('t', 'ann')).toBeNull();
});

test('a selection that is still being written is waited for', async () => {
  const { store } = await openTestStore();
  const writing = store.selections.put('s', 'ann', [picture]);
  expect(await store.selections.get('s', 'ann')).toEqual([picture]);
  await writing;
});

test('a selection goes with the person who asks to be forgotten', async () => {
  const { store } = await openTestStore();
  await store.selections.put('s', 'ann', [picture]);
  await store.retention.forget('ann');
  expect(await store.selections.get('s', 'ann')).toBeNull();
});
