import { describe, expect, test } from 'vitest';
import type { EndState, GenerationState } from '../../src/domain.ts';
import type { Store } from '../../src/store/store.ts';
import { image, MINUTE, NO_LIMITS, NOON, reply, request, USAGE } from './samples.ts';
import { openTestStore } from './test-store.ts';

const ENDS: EndState[] = ['delivered', 'failed', 'cancelled', 'interrupted'];

/** The moves that a caller can make, by the state that they lead to. */
const MOVES = {
  queued: (store: Store, id: string) => store.generations.requeue(id),
  running: (store: Store, id: string) => store.generations.start(id),
  received: (store: Store, id: string) =>
    store.generations.recordImage(id, { image: image(id), usage: USAGE, costMicros: 7 }),
  delivered: (store: Store, id: string) => store.generations.conclude(id, { state: 'delivered' }),
  failed: (store: Store, id: string) => store.generations.conclude(id, { state: 'failed' }),
  cancelled: (store: Store, id: string) => store.generations.conclude(id, { state: 'cancelled' }),
  interrupted: (store: Store, id: string) =>
    store.generations.conclude(id, { state: 'interrupted' }),
} satisfies Record<GenerationState, (store: Store, id: string) => Promise<boolean>>;

const ALLOWED: Record<GenerationState, GenerationState[]> = {
  queued: ['running', 'failed', 'cancelled', 'interrupted'],
  running: ['queued', 'received', 'failed', 'cancelled', 'interrupted'],
  received: ENDS,
  delivered: [],
  failed: [],
  cancelled: [],
  interrupted: [],
};

/** The shortest way to each state. */
const WAYS: Record<GenerationState, GenerationState[]> = {
  queued: [],
  running: ['running'],
  received: ['running', 'received'],
  delivered: ['running', 'received', 'delivered'],
  failed: ['failed'],
  cancelled: ['cancelled'],
  interrupted: ['interrupted'],
};

describe('a generation', () => {
  test.for(Object.keys(WAYS) as GenerationState[])(
    'moves from %s only where it may, and stays untouched otherwise',
    async (from) => {
      const { store, clock } = await openTestStore();
      for (const to of Object.keys(MOVES) as GenerationState[]) {
        const id = `${from}-${to}-0`;
        await store.replies.admit(reply(`${from}-${to}`), NO_LIMITS);
        for (const step of WAYS[from]) expect(await MOVES[step](store, id)).toBe(true);
        clock.now += MINUTE;
        const before = await store.generations.get(id);
        const taken = await store.usage.quotaUse({ userId: 'user', guildId: 'guild' });

        const moved = await MOVES[to](store, id);

        expect([to, moved]).toEqual([to, ALLOWED[from].includes(to)]);
        const after = await store.generations.get(id);
        if (moved) {
          expect(after?.state).toBe(to);
          expect(after?.concludedAt === null).toBe(!ENDS.some((end) => end === to));
        } else {
          expect(after).toEqual(before);
          expect(await store.usage.quotaUse({ userId: 'user', guildId: 'guild' })).toEqual(taken);
        }
      }
      expect(await store.integrity()).toEqual([]);
    },
  );

  test('that is not in the database moves nowhere', async () => {
    const { store } = await openTestStore();
    for (const move of Object.values(MOVES)) expect(await move(store, 'unknown')).toBe(false);
    expect(await store.generations.countAttempt('unknown')).toBeNull();
    expect(await store.generations.get('unknown')).toBeNull();
  });

  test('is ended by one of many who try at once', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    const ended = await Promise.all(
      Array.from({ length: 50 }, () => store.generations.conclude('r-0', { state: 'cancelled' })),
    );
    expect(ended.filter(Boolean)).toHaveLength(1);
    expect((await store.usage.quotaUse({ userId: 'user', guildId: null })).user.open).toBe(0);
  });

  test('counts its attempts over all runs, from the first one on', async () => {
    const { store, clock } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    expect(await store.generations.countAttempt('r-0')).toBeNull();
    await store.generations.start('r-0');
    const first = { attempts: 1, firstAttemptAt: NOON };
    expect(await store.generations.countAttempt('r-0')).toEqual(first);
    await store.generations.requeue('r-0');
    clock.now += MINUTE;
    await store.generations.start('r-0');
    expect(await store.generations.countAttempt('r-0')).toEqual({ ...first, attempts: 2 });
    expect(await store.generations.get('r-0')).toMatchObject({
      startedAt: NOON + MINUTE,
      runs: 2,
      attempts: 2,
    });
  });

  test('counts its deliveries, of a picture that is there', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    await MOVES.running(store, 'r-0');
    expect(await store.generations.countDelivery('r-0')).toBeNull();
    await MOVES.received(store, 'r-0');
    expect(await store.generations.countDelivery('r-0')).toBe(1);
    expect(await store.generations.countDelivery('r-0')).toBe(2);
    await store.generations.uncountDelivery('r-0');
    expect(await store.generations.countDelivery('r-0')).toBe(2);
    await MOVES.delivered(store, 'r-0');
    expect(await store.generations.countDelivery('r-0')).toBeNull();
    expect(await store.generations.get('r-0')).toMatchObject({ deliveryAttempts: 2 });
  });

  test('keeps the end of a transcript that is too long, and none that is empty', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r', { pictures: 2 }), NO_LIMITS);
    const transcript = `${'a'.repeat(200_000)}the end`;
    await store.generations.conclude('r-0', { state: 'failed', transcript });
    await store.generations.conclude('r-1', { state: 'failed', transcript: '' });
    expect(await store.generations.transcript('r-0')).toBe(transcript.slice(7));
    expect(await store.generations.transcript('r-1')).toBeNull();
  });

  test('tells the usual duration of its model and size by the median of the newest', async () => {
    const { store, clock } = await openTestStore();
    const usual = () => store.generations.usualDurationMs('pro', '4K');
    const run = async (id: string, ms: number, size: '4K' | '1K' = '4K') => {
      await store.replies.admit(reply(id, { request: { model: 'pro', size } }), NO_LIMITS);
      await store.generations.start(`${id}-0`);
      clock.now += ms;
      await MOVES.received(store, `${id}-0`);
    };
    await run('r1', 60_000);
    await run('r2', 500_000);
    await run('other', 1, '1K');
    expect(await usual()).toBeNull();
    await run('r3', 70_000);
    expect(await usual()).toBe(70_000);
    for (let index = 0; index < 51; index++) await run(`later${index}`, 10_000);
    expect(await usual()).toBe(10_000);
  });

  test('tells when it ended, by which its files are kept for a while', async () => {
    const { store, clock } = await openTestStore();
    await store.replies.admit(reply('r', { pictures: 3 }), NO_LIMITS);
    await store.generations.conclude('r-0', { state: 'failed' });
    clock.now += MINUTE;
    await store.generations.conclude('r-1', { state: 'failed' });
    expect(await store.generations.endTimes(['r-0', 'r-1', 'r-2', 'unknown'])).toEqual(
      new Map([
        ['r-0', NOON],
        ['r-1', NOON + MINUTE],
        ['r-2', null],
      ]),
    );
  });

  test('refuses a thumbnail that is none, and replaces one by another', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    await expect(store.generations.saveThumbnail('r-0', new Uint8Array(300_000))).rejects.toThrow(
      RangeError,
    );
    await store.generations.saveThumbnail('r-0', new Uint8Array([1]));
    await store.generations.saveThumbnail('r-0', new Uint8Array([2]));
    await MOVES.running(store, 'r-0');
    await MOVES.received(store, 'r-0');
    const { entries } = await store.history.page('user', { limit: 1 });
    expect(entries[0]?.thumbnail).toEqual(new Uint8Array([2]));
  });
});

describe('a reply', () => {
  test('comes back as it was admitted, with all that recovery needs', async () => {
    const { store } = await openTestStore();
    const references = [
      {
        ...{ kind: 'attachment' as const, url: 'https://cdn.example/a?ex=1' },
        ...{ name: 'a.png', contentType: 'image/png', bytes: 5 },
      },
    ];
    const admitted = reply('r', {
      command: 'edit',
      origin: { replyId: 'r0', generationId: 'r0-1' },
      pictures: 2,
      reservedCostMicros: 39_000,
      request: {
        ...{ intent: 'edit', model: 'pro', ratio: null, size: '4K', references },
        prompt: 'say "hé" 🦊\n',
      },
      target: { ephemeral: true, guildId: null, channelId: null },
    });
    await store.replies.admit(admitted, NO_LIMITS);
    await store.replies.setMessage('r', 'message');

    const [found] = await store.replies.unsettled();

    expect(found).toEqual(await store.replies.get('r'));
    expect(found).toEqual(await store.replies.findByMessage('message'));
    expect(found).toMatchObject({
      command: 'edit',
      origin: admitted.origin,
      messageId: 'message',
      ephemeral: true,
      target: { ...admitted.target, messageId: 'message' },
    });
    expect(found?.generations.map(({ id, request }) => ({ id, request }))).toEqual(
      admitted.generations.map(({ id, request }) => ({ id, request })),
    );
    expect(found?.generations[1]).toMatchObject({ position: 1, heldCostMicros: 39_000 });
  });

  test('stays open, token and all, until the last of its generations has ended', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r', { pictures: 2 }), NO_LIMITS);
    await store.generations.conclude('r-0', {
      state: 'failed',
      failure: { kind: 'busy', details: { retryAfterMs: 5, status: 503 } },
    });
    expect(await store.replies.settle('r')).toBe(false);
    const [open] = await store.replies.unsettled('user');
    expect(open?.target.interactionToken).toBe('a-secret-token');
    expect(open?.generations[0]?.failure).toEqual({
      kind: 'busy',
      details: { retryAfterMs: 5, status: 503 },
    });

    await store.generations.conclude('r-1', { state: 'cancelled' });
    expect(await store.replies.unsettled('someone-else')).toEqual([]);
    expect(await store.replies.unsettled()).toHaveLength(1);
    expect(await store.replies.settle('r')).toBe(true);
    expect(await store.replies.settle('r')).toBe(false);

    expect(await store.replies.unsettled()).toEqual([]);
    expect(await store.replies.get('r')).toMatchObject({ target: null, settledAt: NOON });
  });

  test('keeps what its picture became', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    const file = { id: '5', name: 'fox.jpg', mime: 'image/jpeg', bytes: 900_000 };
    const attachment = { ...file, messageId: '900000000000000001' };
    for (const state of ['running', 'received'] as const) await MOVES[state](store, 'r-0');
    await store.generations.conclude('r-0', { state: 'delivered', attachment });
    expect((await store.replies.get('r'))?.generations[0]).toMatchObject({
      state: 'delivered',
      request: request(),
      image: image('r-0'),
      usage: USAGE,
      costMicros: 7,
      attachment,
      failure: null,
    });
  });

  test('is not found by a message that was deleted or never was', async () => {
    const { store } = await openTestStore();
    await store.replies.admit(reply('r'), NO_LIMITS);
    await store.replies.setMessage('r', 'message');
    await store.replies.setMessage('r', null);
    expect(await store.replies.findByMessage('message')).toBeNull();
    expect(await store.replies.get('unknown')).toBeNull();
  });
});
