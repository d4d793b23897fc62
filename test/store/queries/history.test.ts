import { describe, expect, test } from 'vitest';
import type { HistoryCursor, HistoryPage } from '../../../src/store/store.ts';
import { image, MINUTE, NO_LIMITS, NOON, reply } from '../samples.ts';
import { deliverReply, openTestStore } from '../test-store.ts';

const idsOf = (page: HistoryPage) => page.entries.map(({ generation }) => generation.id);

function placeOf(page: HistoryPage, index: number): HistoryCursor {
  const entry = page.entries.at(index);
  if (entry === undefined) throw new Error('an empty page has no places');
  return { createdAt: entry.generation.createdAt, generationId: entry.generation.id };
}

describe('history', () => {
  test('is paged there and back, newest first, even within one moment', async () => {
    const { store } = await openTestStore();
    await deliverReply(store, 'a');
    await deliverReply(store, 'b', { pictures: 4, createdAt: NOON + MINUTE });
    await deliverReply(store, 'c', { createdAt: NOON + 2 * MINUTE });
    await deliverReply(store, 'x', { target: { userId: 'other' } });

    const first = await store.history.page('user', { limit: 2 });
    expect([idsOf(first), first.newer, first.older]).toEqual([['c-0', 'b-3'], false, true]);
    const second = await store.history.page('user', { limit: 2, older: placeOf(first, -1) });
    expect([idsOf(second), second.newer, second.older]).toEqual([['b-2', 'b-1'], true, true]);
    const last = await store.history.page('user', { limit: 2, older: placeOf(second, -1) });
    expect([idsOf(last), last.newer, last.older]).toEqual([['b-0', 'a-0'], true, false]);

    const back = await store.history.page('user', { limit: 2, newer: placeOf(last, 0) });
    expect(back).toEqual(second);
    const front = await store.history.page('user', { limit: 2, newer: placeOf(back, 0) });
    expect(front).toEqual(first);
  });

  test('holds pictures only, also those that could not be delivered', async () => {
    const { store } = await openTestStore();
    for (const id of ['refused', 'undelivered', 'running']) {
      await store.replies.admit(reply(id, { target: { messageId: `m-${id}` } }), NO_LIMITS);
      await store.generations.start(`${id}-0`);
    }
    await store.generations.conclude('refused-0', { state: 'failed' });
    const received = { image: image('u'), usage: null, costMicros: null };
    await store.generations.recordImage('undelivered-0', received);
    await store.generations.conclude('undelivered-0', { state: 'interrupted' });
    const page = await store.history.page('user', { limit: 5 });
    expect(idsOf(page)).toEqual(['undelivered-0']);
    expect(page.entries[0]).toMatchObject({
      generation: { state: 'interrupted', image: image('u') },
      reply: { messageId: 'm-undelivered', guildId: 'guild' },
      thumbnail: null,
    });
  });

  test('follows a picture to its origins, and stops where one is gone', async () => {
    const { store } = await openTestStore();
    await deliverReply(store, 'first', { target: { userId: 'grandparent' } });
    const from = (id: string) => ({ origin: { replyId: id, generationId: `${id}-0` } });
    await deliverReply(store, 'second', { command: 'edit', ...from('first') });
    await deliverReply(store, 'third', { command: 'enlarge', ...from('second') });
    const lineage = await store.history.lineage('third-0');
    expect(lineage.map(({ generation, reply }) => [generation.id, reply.command])).toEqual([
      ['second-0', 'edit'],
      ['first-0', 'imagine'],
    ]);
    expect(await store.history.lineage('first-0')).toEqual([]);

    await store.retention.forget('grandparent');
    const shorter = await store.history.lineage('third-0');
    expect(shorter.map(({ reply }) => [reply.id, reply.origin?.replyId])).toEqual([
      ['second', 'first'],
    ]);
  });

  test('ends a lineage that bites its own tail', async () => {
    const { store } = await openTestStore();
    const origin = { replyId: 'r', generationId: 'r-0' };
    await deliverReply(store, 'r', { origin });
    expect((await store.history.lineage('r-0')).length).toBeLessThanOrEqual(25);
  });

  test('offers a person’s own short prompts of a command, each once, by any part of them', async () => {
    const { store } = await openTestStore();
    const prompts = ['A red FOX', 'a blue whale', 'ÄRGER im Wald', 'a red fox'.repeat(20)];
    for (const [index, prompt] of [...prompts, 'A red FOX'].entries()) {
      const createdAt = NOON + index * MINUTE;
      await store.replies.admit(reply(`r${index}`, { createdAt, request: { prompt } }), NO_LIMITS);
    }
    await store.replies.admit(
      reply('edit', { command: 'edit', request: { prompt: 'make it redder' } }),
      NO_LIMITS,
    );
    const offer = (containing: string, limit = 25, userId = 'user') =>
      store.history.recentPrompts(userId, { command: 'imagine', containing, limit });
    expect(await offer('')).toEqual(['A red FOX', 'ÄRGER im Wald', 'a blue whale']);
    expect(await offer('', 2)).toEqual(['A red FOX', 'ÄRGER im Wald']);
    expect(await offer(' fox ')).toEqual(['A red FOX']);
    expect(await offer('ärger')).toEqual(['ÄRGER im Wald']);
    expect(await offer('%')).toEqual([]);
    expect(await offer('', 25, 'other')).toEqual([]);
  });
});
