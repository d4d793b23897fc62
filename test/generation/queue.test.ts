import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Queue, type QueueEntry } from '../../src/generation/queue.ts';

/** A queue whose runs end when the test says so. */
function harness(maxConcurrent: number) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const queue = new Queue({
    maxConcurrent,
    run: ({ id }) => {
      started.push(id);
      return new Promise((resolve) => ends.set(id, resolve));
    },
  });
  const end = async (id: string) => {
    ends.get(id)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { queue, started, end };
}

const entry = (id: string, userId: string, model: 'flash' | 'pro' = 'flash'): QueueEntry => ({
  id,
  userId,
  model,
});

describe('the queue', () => {
  it('starts up to its bound at once, for each model on its own', () => {
    const { queue, started } = harness(2);
    for (const id of ['a', 'b', 'c']) queue.add(entry(id, 'ann'));
    queue.add(entry('p', 'ann', 'pro'));
    expect(started).toEqual(['a', 'b', 'p']);
    expect(queue).toMatchObject({ running: 3, waiting: 1 });
  });

  it('lets one with a single picture go before the rest of one with fifty', async () => {
    const { queue, started, end } = harness(1);
    for (let i = 0; i < 50; i++) queue.add(entry(`ann${i}`, 'ann'));
    queue.add(entry('bob0', 'bob'));
    expect(queue.positions().get('bob0')).toBe(1);
    await end('ann0');
    expect(started).toEqual(['ann0', 'bob0']);
  });

  it('takes turns among everybody, and the oldest first within a user', async () => {
    const { queue, started, end } = harness(1);
    for (const id of ['a1', 'a2', 'a3']) queue.add(entry(id, 'ann'));
    for (const id of ['b1', 'b2']) queue.add(entry(id, 'bob'));
    queue.add(entry('c1', 'cy'));
    for (const id of ['a1', 'b1', 'c1', 'a2', 'b2', 'a3']) await end(id);
    expect(started).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
  });

  it('begins in exactly the order that the positions said', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ann', 'bob', 'cy', 'di'), { minLength: 1, maxLength: 25 }),
        async (users) => {
          const { queue, started, end } = harness(1);
          users.forEach((user, index) => {
            queue.add(entry(`${index}`, user));
          });
          const waiting = users.map((_, index) => `${index}`).slice(1);
          const places = queue.positions();
          const said = [...waiting].sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
          while (started.length < users.length) await end(started.at(-1) ?? '');
          expect(started.slice(1)).toEqual(said);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('gives up a place that is cancelled, and not one that began', () => {
    const { queue } = harness(1);
    for (const id of ['a', 'b', 'c']) queue.add(entry(id, 'ann'));
    expect(queue.remove('b')).toBe(true);
    expect(queue.remove('a')).toBe(false);
    expect(queue.positions()).toEqual(new Map([['c', 1]]));
  });

  it('starts nothing more once stopped, and says when what ran is over', async () => {
    const { queue, started, end } = harness(1);
    queue.add(entry('a', 'ann'));
    queue.add(entry('b', 'ann'));
    queue.stop();
    const idle = queue.idle();
    await end('a');
    await idle;
    expect(started).toEqual(['a']);
    expect(queue.waiting).toBe(1);
  });
});
