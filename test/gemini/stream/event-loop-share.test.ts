import { expect, it } from 'vitest';
import { createEventLoopShare } from '../../../src/gemini/stream/event-loop-share.ts';

it('lets answers be read until their share of a turn is used, and the rest in the next turn', async () => {
  let now = 0;
  const share = createEventLoopShare(() => now);
  const order: string[] = [];
  const read = async (name: string) => {
    await share.wait();
    order.push(name);
    now += 6;
  };

  setImmediate(() => order.push('others'));
  await read('first');
  await read('second');
  // 12 ms are gone: whoever waits for the loop comes first now.
  await read('third');

  expect(order).toEqual(['first', 'second', 'others', 'third']);
});

it('begins a new share with each turn of the event loop', async () => {
  let now = 0;
  const share = createEventLoopShare(() => now);
  for (let turn = 0; turn < 3; turn++) {
    let waited = true;
    const waiting = share.wait().then(() => {
      waited = false;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(waited).toBe(false);
    await waiting;
    now += 60;
    await new Promise((resolve) => setImmediate(resolve));
  }
});
