import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDeferralQueries } from '../../src/store/queries/deferrals.ts';
import { createGenerationQueries } from '../../src/store/queries/generations.ts';
import { createHistoryQueries } from '../../src/store/queries/history.ts';
import { createReplyQueries } from '../../src/store/queries/replies.ts';
import { createRetentionQueries } from '../../src/store/queries/retention.ts';
import { createSelectionQueries } from '../../src/store/queries/selections.ts';
import { createSettingQueries } from '../../src/store/queries/settings.ts';
import { createUsageQueries } from '../../src/store/quota/usage.ts';
import type { Schema } from '../../src/store/schema/schema.ts';
import { openDatabase } from '../../src/store/sqlite/connection.ts';
import { createSqliteDialect } from '../../src/store/sqlite/dialect.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { DAY, NO_LIMITS, NOON, reply, target } from './samples.ts';
import { deliver, temporaryFolder } from './test-store.ts';

type Groups = Pick<
  Store,
  | 'deferrals'
  | 'replies'
  | 'generations'
  | 'usage'
  | 'history'
  | 'settings'
  | 'selections'
  | 'retention'
>;

/** The store's groups over a connection that notes every statement it runs. */
async function openNoted(): Promise<{ groups: Groups; file: string; statements: Set<string> }> {
  const file = join(temporaryFolder(), 'darkroom.sqlite');
  await (await openStore({ file })).close();
  const statements = new Set<string>();
  const db = new Kysely<Schema>({
    dialect: createSqliteDialect(openDatabase(file)),
    log: ({ query }) => {
      statements.add(query.sql);
    },
  });
  onTestFinished(() => db.destroy());
  const now = () => NOON + 60 * DAY;
  const groups = {
    deferrals: createDeferralQueries(db, now),
    replies: createReplyQueries(db, now),
    generations: createGenerationQueries(db, now),
    usage: createUsageQueries(db, now),
    history: createHistoryQueries(db),
    settings: createSettingQueries(db, now),
    selections: createSelectionQueries(db, now),
    retention: createRetentionQueries(db, now, () => {}),
  };
  return { groups, file, statements };
}

/** Everything that the store can be asked, once. */
async function askEverything(groups: Groups): Promise<void> {
  await groups.deferrals.note(target());
  await groups.selections.put('s', 'user', []);
  await groups.selections.get('s', 'user');
  await groups.deferrals.list();
  const { replies, generations, usage, history, settings, retention } = groups;
  const origin = { replyId: 'r0', generationId: 'r0-0' };
  for (const [index, pictures] of [4, 1, 1].entries()) {
    const limits = { ...NO_LIMITS, botPicturesPerDay: 6, userCooldownMs: 0 };
    await replies.admit(reply(`r${index}`, { pictures, origin }), limits);
  }
  await generations.start('r1-0');
  await generations.requeue('r1-0');
  await deliver(groups as Store, 'r0-0', { costMicros: 5 });
  await generations.saveThumbnail('r0-0', new Uint8Array([1]));
  await generations.conclude('r1-0', { state: 'failed', transcript: 'words' });
  await generations.conclude('r2-0', { state: 'cancelled' });
  await generations.get('r0-0');
  await generations.countDelivery('r0-0');
  await generations.uncountDelivery('r0-0');
  await generations.transcript('r1-0');
  await generations.usualDurationMs('flash', '1K');
  await generations.endTimes(['r-1', 'unknown']);
  await replies.get('r0');
  await replies.setMessage('r0', 'm');
  await replies.findByMessage('m');
  await replies.unsettled();
  await replies.unsettled('user');
  for (const id of ['r0', 'r1', 'r2']) await replies.settle(id);
  const days = { from: '2026-11-01', to: '2026-11-30' };
  await usage.quotaUse({ userId: 'user', guildId: 'guild' });
  await usage.ofUser('user', days);
  await usage.ofGuild('guild', days);
  await usage.topUsers('guild', '2026-11', 10);
  const place = { createdAt: NOON, generationId: 'r0-0' };
  await history.page('user', { limit: 5 });
  await history.page('user', { limit: 5, older: place });
  await history.page('user', { limit: 5, newer: place });
  await history.lineage('r1-0');
  await history.recentPrompts('user', { command: 'imagine', containing: '', limit: 25 });
  await settings.change('guild', { userOpen: 1, userCooldownMs: 5 }, 'user');
  await settings.change('guild', { userOpen: 'default', userCooldownMs: 6 }, 'user');
  await settings.changes('guild', 10);
  await retention.countDue(0);
  await retention.clampFutureTimes();
  await retention.prune(0);
  await retention.forget('user');
}

/** How SQLite goes about a statement, step by step. */
function planOf(database: DatabaseSync, sql: string): string[] {
  const rows = database.prepare(`explain query plan ${sql}`).all();
  return rows.map(({ detail }) => String(detail));
}

/** What may be read from end to end or sorted, because there is little of it or time enough. */
const FAIR = [
  // Interactions of the last seconds.
  /^(SCAN deferrals|USE TEMP B-TREE FOR ORDER BY) .*from "deferrals"/,
  // Holds open replies only.
  /^SCAN replies USING INDEX replies_open /,
  // A lineage, of at most 25 steps.
  /^(SCAN line|USE TEMP B-TREE FOR ORDER BY) .*with recursive line /s,
  // By a person's wish to be forgotten: the selections of one day.
  /^SCAN selections ← delete from "selections" where "user_id" = /,
  // What is being inserted.
  /^SCAN (\d+-ROW VALUES CLAUSE|CONSTANT ROW) /,
  // By retention, now and then: one row for each person of the last week.
  /^SCAN people ← (delete from "people" where "open" = |update "people" set "last_admitted_at")/,
];

describe('every statement of the store', () => {
  test('finds its rows by an index, and in order', async () => {
    const { groups, file, statements } = await openNoted();
    await askEverything(groups);
    const asked = [...statements].filter((sql) =>
      /^(with|select|update|delete|insert)\b/.test(sql.trim()),
    );
    expect(asked.length).toBeGreaterThan(40);

    const database = new DatabaseSync(file, { readOnly: true });
    onTestFinished(() => database.close());
    const slow = asked.flatMap((sql) =>
      planOf(database, sql)
        .filter((step) => /^SCAN |TEMP B-TREE/.test(step))
        .map((step) => `${step} ← ${sql}`)
        .filter((step) => !FAIR.some((fair) => fair.test(step))),
    );
    expect(slow).toEqual([]);
  });
});
