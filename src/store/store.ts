import { Kysely } from 'kysely';
import { createDeferralQueries } from './queries/deferrals.ts';
import { createGenerationQueries } from './queries/generations.ts';
import { createHistoryQueries } from './queries/history.ts';
import { findDamage } from './queries/integrity.ts';
import { quarantineUnreadable } from './queries/quarantine.ts';
import { createReplyQueries } from './queries/replies.ts';
import { createRetentionQueries } from './queries/retention.ts';
import { createSelectionQueries } from './queries/selections.ts';
import { createSettingQueries } from './queries/settings.ts';
import { createUsageQueries } from './quota/usage.ts';
import { countPending, migrate } from './schema/migrate.ts';
import type { Schema } from './schema/schema.ts';
import { openSqlite, openSqliteReadOnly } from './sqlite/connection.ts';

export type { Conclusion } from './queries/conclude-generation.ts';
export type { Deferrals } from './queries/deferrals.ts';
export type { Generations } from './queries/generations.ts';
export type { HistoryCursor, HistoryEntry, HistoryPage } from './queries/history.ts';
export type { Replies } from './queries/replies.ts';
export type {
  GuildOverrides,
  SettingsChange,
  SettingsChangeRecord,
} from './queries/settings.ts';
export { nextUtcDayAt, utcDay, utcDayBefore, utcMonth } from './quota/days.ts';
export type { QuotaUse, Totals } from './quota/usage.ts';
export { NewerDatabaseError } from './schema/migrate.ts';
export type * from './types.ts';

/** The store: everything that must outlive the process, behind plain functions. */
export type Store = Awaited<ReturnType<typeof openStore>>;

/**
 * Opens the store in a file, creates it, or brings it to the newest version.
 *
 * @throws Error when the file cannot be used, or was made by a newer Darkroom; the message says
 *   what to do.
 */
export async function openStore(options: { file: string; now?: () => number }) {
  const { file, now = Date.now } = options;
  const engine = openSqlite(file);
  const anyVersion = new Kysely<unknown>({ dialect: engine.dialect });
  const close = async () => {
    await engine.stop();
    await anyVersion.destroy();
  };
  try {
    await migrate(anyVersion, file);
  } catch (error) {
    await close();
    throw error;
  }
  const db = anyVersion.$extendTables<Schema>();
  return {
    deferrals: createDeferralQueries(db, now),
    replies: createReplyQueries(db, now),
    generations: createGenerationQueries(db, now),
    usage: createUsageQueries(db, now),
    history: createHistoryQueries(db),
    settings: createSettingQueries(db, now),
    selections: createSelectionQueries(db, now),
    retention: createRetentionQueries(db, now, engine.compact),
    /** Puts out of the way what cannot be read; for a start, before it goes on with what is open. */
    quarantineUnreadable: () => quarantineUnreadable(db, now()),
    /** Damage in words; empty when all is well. Slow on a large store, and nothing else runs. */
    integrity: () => findDamage(engine, db),
    /** Writes, to no effect; rejects with why the store cannot be written now. */
    checkWritable: engine.checkWritable,
    close,
  };
}

/** A store that is only looked at, beside the bot that writes it. */
export type ReadOnlyStore = Awaited<ReturnType<typeof openReadOnlyStore>>;

/**
 * Opens an existing store without changing anything, its version included.
 *
 * @throws Error when there is none, when it is none, and when it was written by another version
 *   of Darkroom; the message says what to do.
 */
export async function openReadOnlyStore(file: string) {
  const engine = openSqliteReadOnly(file);
  const anyVersion = new Kysely<unknown>({ dialect: engine.dialect });
  try {
    if ((await countPending(anyVersion, file)) > 0) {
      throw new Error(
        `The database ${file} is of an earlier version. The next start of the bot brings it to this one.`,
      );
    }
  } catch (error) {
    await anyVersion.destroy();
    throw error;
  }
  const db = anyVersion.$extendTables<Schema>();
  // Nothing that is offered here asks for the time.
  const { get, findByMessage } = createReplyQueries(db, Date.now);
  const generations = createGenerationQueries(db, Date.now);
  return {
    replies: { get, findByMessage },
    generations: { get: generations.get, transcript: generations.transcript },
    /** Generations in all, and those that have not ended. */
    count: () =>
      db
        .selectFrom('generations')
        .select(({ fn }) => [
          fn.countAll<number>().as('generations'),
          fn.countAll<number>().filterWhere('concluded_at', 'is', null).as('open'),
        ])
        .executeTakeFirstOrThrow(),
    integrity: () => findDamage(engine, db),
    close: () => db.destroy(),
  };
}
