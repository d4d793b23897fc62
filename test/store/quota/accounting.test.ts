import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openStore, type Store, utcDay, utcMonth } from '../../../src/store/store.ts';
import { DAY, image, NOON, reply, USAGE } from '../samples.ts';
import { temporaryFolder } from '../test-store.ts';
import {
  admitted,
  type Counted,
  countOpen,
  dayOf,
  LIMITS,
  matching,
  move,
  type Step,
  sum,
} from './accounting-model.ts';

const USERS = ['ann', 'bob'];
const GUILDS = ['one', 'two'];

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    do: fc.constantFrom<Step['do']>(
      ...(['admit', 'admit', 'start', 'start', 'requeue', 'attempt', 'attempt'] as const),
      ...(['note', 'recordImage', 'delivered', 'failed', 'refused', 'cancelled'] as const),
    ),
    user: fc.constantFrom(...USERS),
    guild: fc.constantFrom(...GUILDS, null),
    pictures: fc.integer({ min: 1, max: 4 }),
    cost: fc.nat(120),
    which: fc.nat(40),
    usage: fc.boolean(),
    accounted: fc.boolean(),
    tomorrow: fc.boolean(),
  }),
  { minLength: 20, maxLength: 80, size: 'max' },
);

/** Does one step in the store and in the model, which must agree on whether it may be done. */
async function take(store: Store, all: Counted[], step: Step, index: number): Promise<void> {
  if (step.do === 'admit') {
    const made = reply(`r${index}`, {
      createdAt: dayOf(step),
      pictures: step.pictures,
      reservedCostMicros: step.cost,
      target: { userId: step.user, guildId: step.guild },
    });
    const added = admitted(
      all,
      step,
      made.generations.map(({ id }) => id),
    );
    const admission = await store.replies.admit(made, LIMITS);
    expect(admission.admitted).toBe(added !== null);
    all.push(...(added ?? []));
    return;
  }
  const one = all[step.which % all.length];
  if (one === undefined) return;
  expect(await moveIn(store, one.id, step)).toBe(move(one, step));
}

async function moveIn(store: Store, id: string, step: Step): Promise<boolean> {
  const { generations } = store;
  const usage = step.usage ? USAGE : null;
  switch (step.do) {
    case 'admit':
      return false;
    case 'start':
      return generations.start(id);
    case 'requeue':
      return generations.requeue(id);
    case 'attempt':
      return (await generations.countAttempt(id)) !== null;
    case 'note': {
      const costMicros = step.usage ? step.cost : null;
      await generations.recordAttempt(id, { usage, costMicros, accounted: step.accounted });
      return (await generations.get(id))?.state === 'running';
    }
    case 'recordImage':
      return generations.recordImage(id, { image: image(id), usage, costMicros: step.cost });
    case 'refused': {
      const failure = { kind: 'refused_image' as const, details: {} };
      return generations.conclude(id, { state: 'failed', failure });
    }
    default:
      return generations.conclude(id, { state: step.do });
  }
}

/** Everything that the store counts, by the store and by adding up the model. */
async function expectEqualCounts(store: Store, all: Counted[], day: string): Promise<void> {
  const days = { from: day, to: day };
  const amounts = (where: Partial<Counted>) => ({
    pictures: sum(all, { ...where, day }, 'pictures'),
    costMicros: sum(all, { ...where, day }, 'cost'),
  });
  const totals = (where: Partial<Counted>) => {
    const ended = matching(all, { ...where, day, state: 'ended' });
    return {
      pictures: sum(ended, {}, 'made'),
      failures: sum(ended, {}, 'failed'),
      totalTokens: sum(ended, {}, 'tokens'),
      costMicros: sum(ended, {}, 'cost'),
    };
  };
  for (const user of USERS) {
    for (const guild of GUILDS) {
      const taken = await store.usage.quotaUse({ userId: user, guildId: guild });
      expect(taken.user).toMatchObject({ ...amounts({ user }), open: countOpen(all, user) });
      expect(taken.guild).toEqual(amounts({ guild }));
      expect(taken.bot).toEqual(amounts({}));
    }
    expect(await store.usage.ofUser(user, days)).toMatchObject(totals({ user }));
  }
  for (const guild of GUILDS) {
    expect(await store.usage.ofGuild(guild, days)).toMatchObject(totals({ guild }));
    const top = await store.usage.topUsers(guild, utcMonth(day), 10);
    expect(top.reduce((made, { pictures }) => made + pictures, 0)).toBe(
      sum(matching(all, { guild, state: 'ended' }), {}, 'made'),
    );
  }
}

describe('quota', () => {
  test('and sums equal a recount after any sequence of moves', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const clock = { now: NOON };
        const file = join(folder, `${run++}.sqlite`);
        const store = await openStore({ file, now: () => clock.now });
        try {
          const all: Counted[] = [];
          for (const [index, step] of sequence.entries()) await take(store, all, step, index);
          for (const now of [NOON, NOON + DAY]) {
            clock.now = now;
            await expectEqualCounts(store, all, utcDay(now));
          }
          expect(await store.integrity()).toEqual([]);
        } finally {
          await store.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});
