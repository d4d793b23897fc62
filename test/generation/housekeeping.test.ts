import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { startHousekeeping } from '../../src/generation/housekeeping.ts';
import { DiskSpool } from '../../src/images/spool/spool.ts';
import { createClockCheck } from '../../src/ops/clock-check.ts';
import { DAY, MINUTE, NO_LIMITS, NOON, reply } from '../store/samples.ts';
import { deliver, openTestStore, temporaryFolder } from '../store/test-store.ts';
import { spoolPicture } from './service-harness.ts';

const HOUR = 60 * MINUTE;
const httpDate = (at: number) => new Date(at).toUTCString();

/** A real store and spool, with a clock that can be set and one that only goes forward. */
async function openHousehold() {
  const { store, clock } = await openTestStore();
  const directory = join(temporaryFolder(), 'spool');
  const spool = new DiskSpool({ directory, maxBytes: 1e9 });
  const steady = { now: 0 };
  const check = createClockCheck(
    () => clock.now,
    () => steady.now,
  );
  const lines: string[] = [];
  const housekeeping = startHousekeeping({
    store,
    spool,
    retentionDays: 30,
    clockAheadMs: check.aheadMs,
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    now: () => clock.now,
    steady: () => steady.now,
  });
  housekeeping.stop();
  return {
    store,
    clock,
    housekeeping,
    lines,
    /** An answer of Discord's, with its time. */
    discordSays: (at: number) => check.note(httpDate(at)),
    pass(ms: number) {
      clock.now += ms;
      steady.now += ms;
    },
    async make(id: string) {
      await store.replies.admit(reply(id, { createdAt: clock.now }), NO_LIMITS);
      await deliver(store, `${id}-0`);
      await store.replies.settle(id);
      await spoolPicture(spool, `${id}-0`);
    },
    addFile: (owner: string) => spoolPicture(spool, owner),
    files: async () => (await readdir(directory)).map((name) => name.split('.')[0]).sort(),
    prompts: async () => {
      const { entries } = await store.history.page('user', { limit: 25 });
      return entries.length;
    },
  };
}

describe('a sweep with the clock ahead', () => {
  it('erases nothing until the clock agrees with Discord’s, and then goes on by the right time', async () => {
    const home = await openHousehold();
    for (const id of ['a', 'b', 'c']) await home.make(id);
    home.discordSays(home.clock.now);
    home.clock.now += 40 * DAY;
    for (let hour = 0; hour < 5; hour++) {
      await home.housekeeping.run();
      home.pass(HOUR);
    }
    expect(await home.prompts()).toBe(3);
    expect(await home.files()).toEqual(['a-0', 'b-0', 'c-0']);
    expect(home.housekeeping.isWaiting()).toBe(true);
    expect(home.lines.filter((line) => line.includes('nothing is erased'))).toHaveLength(1);

    home.clock.now -= 40 * DAY;
    await home.housekeeping.run();
    expect(home.housekeeping.isWaiting()).toBe(false);
    expect(await home.prompts()).toBe(3);
    home.pass(DAY);
    await home.housekeeping.run();
    expect([await home.prompts(), await home.files()]).toEqual([3, []]);
    home.pass(30 * DAY);
    await home.housekeeping.run();
    expect(await home.prompts()).toBe(0);
  });

  it('erases nothing before the clocks were compared where most would go, and soon after', async () => {
    const home = await openHousehold();
    await home.make('old');
    home.pass(31 * DAY);
    await home.housekeeping.run();
    expect([await home.prompts(), await home.files()]).toEqual([1, ['old-0']]);
    expect(home.housekeeping.isWaiting()).toBe(true);
    home.discordSays(home.clock.now + 4 * MINUTE);
    await home.housekeeping.run();
    expect([await home.prompts(), await home.files()]).toEqual([0, []]);
    expect(home.lines.join()).toContain('erasing goes on');
  });

  it('takes a small part though the clocks were not compared yet', async () => {
    const home = await openHousehold();
    await home.make('old');
    home.pass(31 * DAY);
    for (const id of ['a', 'b']) await home.make(id);
    await home.housekeeping.run();
    expect(await home.prompts()).toBe(2);
  });

  it('waits for a day at most, and says so', async () => {
    const home = await openHousehold();
    await home.make('old');
    home.discordSays(home.clock.now);
    home.clock.now += 40 * DAY;
    await home.housekeeping.run();
    home.pass(24 * HOUR - 1);
    await home.housekeeping.run();
    expect(await home.prompts()).toBe(1);
    home.pass(1);
    await home.housekeeping.run();
    await home.housekeeping.run();
    expect(await home.prompts()).toBe(0);
    expect(home.lines.filter((line) => line.includes('for a day; erasing'))).toHaveLength(1);
    expect(home.housekeeping.isWaiting()).toBe(false);
  });

  it('still removes what belongs to nobody', async () => {
    const home = await openHousehold();
    await home.make('kept');
    await home.addFile('forgotten-0');
    home.discordSays(home.clock.now - 40 * DAY);
    await home.housekeeping.run();
    expect(await home.files()).toEqual(['kept-0']);
  });
});

describe('what was written while the clock was ahead', () => {
  it('is kept from now on, no longer, once the clock is right', async () => {
    const home = await openHousehold();
    home.clock.now += 300 * DAY;
    await home.make('future');
    home.clock.now -= 300 * DAY;
    home.discordSays(home.clock.now);
    await home.housekeeping.run();
    expect(await home.store.replies.get('future')).toMatchObject({ settledAt: NOON });
    home.pass(30 * DAY + 1);
    await home.housekeeping.run();
    expect([await home.prompts(), await home.files()]).toEqual([0, []]);
  });

  it('takes nothing of the limits of the day that it named', async () => {
    const home = await openHousehold();
    home.clock.now += DAY;
    await home.make('tomorrow');
    home.clock.now -= DAY;
    await home.make('today');
    home.discordSays(home.clock.now);
    await home.housekeeping.run();
    const of = { userId: 'user', guildId: 'guild' };
    expect((await home.store.usage.quotaUse(of)).bot.pictures).toBe(2);
    home.pass(DAY);
    expect((await home.store.usage.quotaUse(of)).bot.pictures).toBe(0);
    expect(await home.store.integrity()).toEqual([]);
  });

  it('is left alone by a clock that is behind', async () => {
    const home = await openHousehold();
    await home.make('right');
    home.discordSays(home.clock.now);
    home.clock.now -= 300 * DAY;
    await home.housekeeping.run();
    expect(await home.store.replies.get('right')).toMatchObject({ settledAt: NOON });
  });
});
