import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openStore, type Store, utcDay } from '../../src/store/store.ts';
import { image, NO_LIMITS, NOON, reply } from './samples.ts';
import { deliver, openTestStore, temporaryFolder } from './test-store.ts';

const TODAY = { from: utcDay(NOON), to: utcDay(NOON) };
const OF = { userId: 'user', guildId: 'guild' };

/** Everything that somebody may ask of the store; rejects where a value cannot be read. */
async function readEverything(store: Store) {
  const taken = await store.usage.quotaUse(OF);
  return {
    taken,
    unsettled: await store.replies.unsettled(),
    history: await store.history.page('user', { limit: 10 }),
    user: await store.usage.ofUser('user', TODAY),
    guild: await store.usage.ofGuild('guild', TODAY),
    top: await store.usage.topUsers('guild', '2026-11', 5),
    usual: await store.generations.usualDurationMs('flash', '1K'),
    changes: await store.settings.changes('guild', 5),
    settings: await store.settings.get('guild'),
    owed: await store.deferrals.list(),
  };
}

/** A store with a delivered, an ended and an open generation, changed by hand. */
async function changedByHand(sql: string) {
  const folder = temporaryFolder();
  const { store, file } = await openTestStore(folder);
  await store.replies.admit(reply('done'), NO_LIMITS);
  await deliver(store, 'done-0', { costMicros: 5 });
  await store.replies.settle('done');
  await store.replies.admit(reply('open', { reservedCostMicros: 5, pictures: 2 }), NO_LIMITS);
  await store.generations.start('open-0');
  await store.deferrals.note(reply('owed').target);
  await store.settings.change('guild', { userOpen: 3 }, 'user');
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
  return store;
}

const NUMBERS: [table: string, columns: string[]][] = [
  [
    'generations',
    [
      ...['created_at', 'started_at', 'runs', 'attempts', 'accounted_attempts'],
      ...['first_attempt_at', 'developed_at', 'develop_ms', 'delivery_attempts', 'concluded_at'],
      ...['prompt_tokens', 'image_tokens', 'thought_tokens', 'total_tokens', 'cost_micros'],
      ...['held_pictures', 'held_cost_micros'],
    ],
  ],
  ['replies', ['created_at', 'settled_at', 'erased_at', 'ephemeral']],
  ['counters', ['pictures', 'cost_micros']],
  ['people', ['open', 'last_admitted_at']],
  ['user_totals', ['pictures', 'failures', 'total_tokens', 'cost_micros']],
  ['guild_totals', ['pictures', 'failures', 'total_tokens', 'cost_micros']],
  ['member_totals', ['pictures', 'failures', 'total_tokens', 'cost_micros']],
  ['settings_changes', ['changed_at']],
];
const VALUES = ['9007199254740993', '-9223372036854775808', '9e999', "'words'"];

describe('a value that no number holds', () => {
  it.each(NUMBERS.flatMap(([table, columns]) => columns.map((column) => ({ table, column }))))(
    'stops no reader in $table.$column',
    async ({ table, column }) => {
      for (const value of VALUES) {
        const where = column === 'concluded_at' || column === 'settled_at' ? 'not null' : 'null';
        const only =
          column.endsWith('ed_at') && where === 'not null' ? `where ${column} is ${where}` : '';
        const store = await changedByHand(`update ${table} set ${column} = ${value} ${only}`);
        const { taken, user, guild } = await readEverything(store);
        for (const sum of [taken.user, taken.bot, user, guild]) {
          for (const number of Object.values(sum)) expect(Number(number)).toBeGreaterThanOrEqual(0);
        }
        await store.quarantineUnreadable();
        await store.retention.prune(30);
        expect((await store.replies.admit(reply('next'), NO_LIMITS)).admitted).toBe(true);
        await store.generations.conclude('open-1', { state: 'cancelled' });
        await readEverything(store);
      }
    },
  );

  it('holds nobody back in a counter', async () => {
    const store = await changedByHand('update counters set cost_micros = 9223372036854775806');
    const limits = { ...NO_LIMITS, botCostMicrosPerDay: 1_000 };
    expect((await store.replies.admit(reply('next'), limits)).admitted).toBe(true);
  });
});

describe('JSON that cannot be read', () => {
  it.each([
    ['generations', 'reference_files'],
    ['generations', 'image'],
    ['generations', 'attachment'],
    ['generations', 'failure_details'],
    ['replies', 'target'],
    ['deferrals', 'target'],
    ['guild_settings', 'value'],
    ['settings_changes', 'from_value'],
    ['settings_changes', 'to_value'],
  ])('stops no reader in %s.%s', async (table, column) => {
    for (const value of ["'{'", "''", "'[]'", '\'"words"\'', "'5'", "x'7b'"]) {
      const store = await changedByHand(`update ${table} set ${column} = ${value}`);
      await readEverything(store);
      await store.quarantineUnreadable();
      await readEverything(store);
    }
  });

  it.each([
    ['guildCostMicrosPerDay', ['"8K"', '{}', '-1', '1.5', '1e300', 'true', '[5]']],
    ['userOpen', ['"words"', '{}', '[]']],
    ['models', ['5', 'null', '{}', '[]', '["ultra"]', '"flash"']],
    ['largestSize', ['"8K"', 'null', '5', '["1K"]']],
    ['privateAllowed', ['1', '"true"', 'null']],
    ['blockedWords', ['5', 'null', '"words"', '{}']],
    ['exemptRoles', ['5', 'null', '"1"', '{}']],
    ['nothing', ['5']],
    ['__proto__', ['{"userOpen":5}']],
  ])('leaves the server’s %s as the operator has it', async (name, values) => {
    for (const value of values) {
      const store = await changedByHand(
        `update guild_settings set name = '${name}', value = '${value}';
         update settings_changes set name = '${name}', to_value = '${value}'`,
      );
      expect(await store.settings.get('guild')).toEqual({});
      const [change] = await store.settings.changes('guild', 5);
      expect(change?.to).toBeUndefined();
    }
  });

  it('in a list takes nothing else out of it', async () => {
    for (const [name, value, left] of [
      ['blockedWords', '["gun",5,null]', ['gun']],
      ['models', '["ultra","flash"]', ['flash']],
    ] as const) {
      const sql = `update guild_settings set name = '${name}', value = '${value}'`;
      expect(await (await changedByHand(sql)).settings.get('guild')).toEqual({ [name]: left });
    }
  });

  it('of an open reply’s address ends the reply and gives its quota back', async () => {
    const store = await changedByHand(`update replies set target = '{"x' where id = 'open'`);
    expect(await store.quarantineUnreadable()).toMatchObject({ replies: ['open'], deferrals: 0 });
    expect(await store.generations.get('open-0')).toMatchObject({
      state: 'failed',
      failure: { kind: 'internal', details: { problem: 'damaged' } },
    });
    expect((await store.usage.quotaUse(OF)).user).toMatchObject({ open: 0, pictures: 1 });
    expect(await store.quarantineUnreadable()).toMatchObject({ replies: [] });
    expect(await store.integrity()).toEqual([]);
  });

  it('of what a generation was to be made from is told, and leaves its reply to say so', async () => {
    const store = await changedByHand(`update generations set reference_files = '[{'`);
    const { replies, generations } = await store.quarantineUnreadable();
    expect([replies, generations.sort()]).toEqual([[], ['open-0', 'open-1']]);
    const [open] = await store.replies.unsettled();
    expect(open?.generations).toMatchObject([
      { damaged: true, request: { prompt: 'a red fox in snow' } },
      { damaged: true },
    ]);
  });
});

describe('what comes from outside', () => {
  it('is read again as it was written, or is unknown', async () => {
    const { store } = await openTestStore();
    const number = fc.oneof(
      fc.constant(null),
      fc.double(),
      fc.integer(),
      fc.constantFrom(2 ** 53, 2 ** 53 + 2, 1e29, -0, -1, 0.5),
    );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.tuple(number, number, number, number, number), async (given) => {
        const [promptTokens, imageTokens, thoughtTokens, totalTokens, costMicros] = given;
        const usage = { promptTokens, imageTokens, thoughtTokens, totalTokens };
        const id = `r${run++}`;
        const reserved = reply(id, { reservedCostMicros: costMicros ?? 0 });
        await store.replies.admit(reserved, NO_LIMITS);
        await store.generations.start(`${id}-0`);
        await store.generations.countAttempt(`${id}-0`);
        await store.generations.recordImage(`${id}-0`, { image: image(id), usage, costMicros });
        await store.generations.conclude(`${id}-0`, { state: 'delivered' });
        const stored = await store.generations.get(`${id}-0`);
        const readable = [...Object.values(stored?.usage ?? {}), stored?.costMicros ?? null];
        for (const value of readable) {
          expect(value === null || (Number.isSafeInteger(value) && value >= 0)).toBe(true);
          expect(value === null || given.includes(value)).toBe(true);
        }
        expect(stored?.heldCostMicros).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 200 },
    );
    const { guild, taken } = await readEverything(store);
    for (const sum of [...Object.values(guild), taken.bot.costMicros]) {
      expect(Number.isSafeInteger(sum) && sum >= 0).toBe(true);
    }
    expect(await store.integrity()).toEqual([]);
  });

  it('that an earlier version took over as it came is mended, and no longer closes a budget', async () => {
    const file = join(temporaryFolder(), 'darkroom.sqlite');
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    const fixture = join(import.meta.dirname, 'fixtures', '005-selections.sql');
    database.exec(`begin;${readFileSync(fixture, 'utf8')};commit`);
    database.exec(`
      update generations set total_tokens = 9007199254740993, cost_micros = 6e30,
        held_cost_micros = 6e30 where id = 'delivered-0';
      update counters set cost_micros = 6e30;
      update user_totals set total_tokens = 9007199254740993, cost_micros = 6e30;
      update guild_totals set total_tokens = -1120, cost_micros = -67200;
    `);
    database.close();
    const store = await openStore({ file, now: () => NOON });
    try {
      expect(await store.generations.get('delivered-0')).toMatchObject({
        usage: { imageTokens: 1_120, totalTokens: null },
        costMicros: null,
      });
      const { user, guild, taken } = await readEverything(store);
      expect([user.totalTokens, user.costMicros, guild.totalTokens, guild.costMicros]).toEqual([
        0, 0, 0, 0,
      ]);
      expect(taken.bot).toEqual({ pictures: 2, costMicros: 5 });
      expect(await store.integrity()).toEqual([]);
    } finally {
      await store.close();
    }
  });
});
