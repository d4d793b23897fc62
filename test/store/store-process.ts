/**
 * A process of its own on a store, for the tests that need several, or one to kill:
 * `node store-process.ts churn|admit FILE NAME`. Tells what it has done in lines of JSON, each
 * only once the store has said that it is done.
 */
import { writeSync } from 'node:fs';
import { openStore, type Store } from '../../src/store/store.ts';
import { image, NO_LIMITS, reply, USAGE } from './samples.ts';

/** A generation's state that was reached, or an admission that was answered. */
export type Told = { id: string; state: string } | { admitted: boolean };

function tell(told: Told): void {
  // Synchronous, so that a line is out before the next thing is done.
  writeSync(1, `${JSON.stringify(told)}\n`);
}

/** Makes pictures until it is killed. */
async function churn(store: Store, name: string): Promise<never> {
  for (let index = 0; ; index++) {
    const made = reply(`${name}-${index}`, { pictures: (index % 4) + 1, reservedCostMicros: 7 });
    await store.replies.admit(made, NO_LIMITS);
    for (const { id } of made.generations) tell({ id, state: 'queued' });
    for (const [position, { id }] of made.generations.entries()) {
      await store.generations.start(id);
      tell({ id, state: 'running' });
      await store.generations.countAttempt(id);
      if (position === 3) continue;
      await store.generations.recordImage(id, { image: image(id), usage: USAGE, costMicros: 5 });
      tell({ id, state: 'received' });
      await store.generations.conclude(id, { state: 'delivered', transcript: 'thought' });
      tell({ id, state: 'delivered' });
    }
    await store.replies.settle(made.id);
  }
}

/**
 * Asks for fifty pictures, all at once, against a limit of a hundred for everybody, and changes a
 * setting with each.
 */
async function admit(store: Store, name: string): Promise<void> {
  const limits = { ...NO_LIMITS, botPicturesPerDay: 100 };
  await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const { admitted } = await store.replies.admit(reply(`${name}-${index}`), limits);
      tell({ admitted });
      await store.settings.change('guild', { userCooldownMs: index }, name);
    }),
  );
}

const [work, file = '', name = ''] = process.argv.slice(2);
const store = await openStore({ file });
await (work === 'churn' ? churn(store, name) : admit(store, name));
await store.close();
