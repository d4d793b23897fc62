import { backup as backupDatabase } from 'node:sqlite';
import { Kysely } from 'kysely';
import { createGenerations, type Generations } from './generations.ts';
import { migrate } from './migrate.ts';
import { createReplies, type Replies } from './replies.ts';
import type { Schema } from './schema.ts';
import { openDatabase } from './sqlite.ts';
import { createSqliteDialect } from './sqlite-dialect.ts';

export type { Conclusion } from './conclusion.ts';
export type { Generations } from './generations.ts';
export type { Replies } from './replies.ts';
export type * from './types.ts';

/** The ledger: everything that must outlive the process, behind plain functions. */
export interface Store {
  replies: Replies;
  generations: Generations;
  /** A consistent copy into a file of its own, while everything else goes on. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the ledger in a file, creates it, or brings it to the newest version.
 *
 * @throws Error when the file cannot be used, or was made by a newer Darkroom; the message says
 *   what to do.
 */
export async function openStore(options: { file: string; now?: () => number }): Promise<Store> {
  const { file, now = Date.now } = options;
  const database = openDatabase(file);
  const anyVersion = new Kysely<unknown>({ dialect: createSqliteDialect(database) });
  try {
    await migrate(anyVersion, file);
  } catch (error) {
    await anyVersion.destroy();
    throw error;
  }
  const db = anyVersion.$extendTables<Schema>();
  return {
    replies: createReplies(db, now),
    generations: createGenerations(db, now),
    async backup(to) {
      await backupDatabase(database, to);
    },
    close: () => db.destroy(),
  };
}
