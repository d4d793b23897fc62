import { Kysely } from 'kysely';
import { createDeferralQueries, type Deferrals } from './queries/deferrals.ts';
import { createGenerationQueries, type Generations } from './queries/generations.ts';
import { createHistoryQueries, type History } from './queries/history.ts';
import { findDamage } from './queries/integrity.ts';
import { type Quarantined, quarantineUnreadable } from './queries/quarantine.ts';
import { createReplyQueries, type Replies } from './queries/replies.ts';
import { createRetentionQueries, type Retention } from './queries/retention.ts';
import { createSelectionQueries, type Selections } from './queries/selections.ts';
import { createSettingQueries, type Settings } from './queries/settings.ts';
import { createUsageQueries, type UsageSums } from './quota/usage.ts';
import { migrate } from './schema/migrate.ts';
import type { Schema } from './schema/schema.ts';
import { openSqlite } from './sqlite/open-sqlite.ts';

export type { Conclusion } from './queries/conclude-generation.ts';
export type { Deferrals } from './queries/deferrals.ts';
export type { Generations } from './queries/generations.ts';
export type { History, HistoryCursor, HistoryEntry, HistoryPage } from './queries/history.ts';
export type { Replies } from './queries/replies.ts';
export type { Retention } from './queries/retention.ts';
export type { Selections } from './queries/selections.ts';
export type {
  GuildOverrides,
  Settings,
  SettingsChange,
  SettingsChangeRecord,
} from './queries/settings.ts';
export { nextUtcDayAt, utcDay, utcDayBefore, utcMonth } from './quota/days.ts';
export type { QuotaUse, UsageSums } from './quota/usage.ts';
export type { Totals } from './quota/usage-totals.ts';
export { NewerDatabaseError } from './schema/migrate.ts';
export type * from './types.ts';

/** The store: everything that must outlive the process, behind plain functions. */
export interface Store {
  deferrals: Deferrals;
  replies: Replies;
  generations: Generations;
  usage: UsageSums;
  history: History;
  settings: Settings;
  selections: Selections;
  retention: Retention;
  /** Puts out of the way what cannot be read; for a start, before it goes on with what is open. */
  quarantineUnreadable(): Promise<Quarantined>;
  /** Damage in words; empty when all is well. Slow on a large store, and nothing else runs. */
  integrity(): Promise<string[]>;
  /** Writes, to no effect; rejects with why the store cannot be written now. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the store in a file, creates it, or brings it to the newest version.
 *
 * @throws Error when the file cannot be used, or was made by a newer Darkroom; the message says
 *   what to do.
 */
export async function openStore(options: { file: string; now?: () => number }): Promise<Store> {
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
    quarantineUnreadable: () => quarantineUnreadable(db, now()),
    integrity: () => findDamage(engine, db),
    checkWritable: engine.checkWritable,
    close,
  };
}
