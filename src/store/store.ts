import { Kysely } from 'kysely';
import { createDeferrals, type Deferrals } from './deferrals.ts';
import { createGenerations, type Generations } from './generations.ts';
import { createHistory, type History } from './history.ts';
import { createUsage, type UsageSums } from './quota/usage.ts';
import { createReplies, type Replies } from './replies.ts';
import { createRetention, type Retention } from './retention.ts';
import { migrate } from './schema/migrate.ts';
import type { Schema } from './schema/schema.ts';
import { type SetAside, setAsideUnreadable } from './schema/set-aside.ts';
import { createSelections, type Selections } from './selections.ts';
import { createSettings, type Settings } from './settings.ts';
import { startCheckpoints } from './sqlite/checkpoints.ts';
import {
  copyDatabase,
  emptyLog,
  openDatabase,
  openReader,
  tryWriting,
} from './sqlite/connection.ts';
import { createSqliteDialect } from './sqlite/dialect.ts';
import { findDamage } from './sqlite/integrity.ts';
import { whenFree } from './sqlite/lock.ts';

export type { Conclusion } from './conclusion.ts';
export type { Deferrals } from './deferrals.ts';
export type { Generations } from './generations.ts';
export type { History, HistoryEntry, HistoryPage, HistoryPlace } from './history.ts';
export { nextUtcDayAt, utcDay, utcDayBefore, utcMonth } from './quota/days.ts';
export type { Totals } from './quota/totals.ts';
export type { Taken, UsageSums } from './quota/usage.ts';
export type { Replies } from './replies.ts';
export type { Retention } from './retention.ts';
export { NewerDatabaseError } from './schema/migrate.ts';
export type { Selections } from './selections.ts';
export type { GuildOverrides, Settings, SettingsChange, SettingsChangeRecord } from './settings.ts';
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
  setAsideUnreadable(): Promise<SetAside>;
  /** Damage in words; empty when all is well. Slow on a large store, and nothing else runs. */
  integrity(): Promise<string[]>;
  /** Writes, to no effect; rejects with why the store cannot be written now. */
  checkWritable(): Promise<void>;
  /** A consistent copy into a file of its own, while everything else goes on. */
  backup(file: string): Promise<void>;
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
  const database = openDatabase(file);
  const dialect = createSqliteDialect(database, openReader(file));
  const anyVersion = new Kysely<unknown>({ dialect });
  try {
    await migrate(anyVersion, file);
  } catch (error) {
    await anyVersion.destroy();
    throw error;
  }
  const stopCheckpoints = startCheckpoints(database, file);
  const db = anyVersion.$extendTables<Schema>();
  return {
    deferrals: createDeferrals(db, now),
    replies: createReplies(db, now),
    generations: createGenerations(db, now),
    usage: createUsage(db, now),
    history: createHistory(db),
    settings: createSettings(db, now),
    selections: createSelections(db, now),
    retention: createRetention(db, now, () => emptyLog(database)),
    setAsideUnreadable: () => setAsideUnreadable(db, now()),
    integrity: () => findDamage(db),
    checkWritable: () => whenFree(() => tryWriting(database)),
    backup: (to) => copyDatabase(file, to),
    async close() {
      await stopCheckpoints();
      await db.destroy();
    },
  };
}
