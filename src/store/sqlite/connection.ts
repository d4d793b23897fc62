import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type QueryExecutorProvider, sql } from 'kysely';
import { explainFolderFault, makeFolder } from '../../data-folder.ts';
import type { Engine, WritableEngine } from '../engine.ts';
import { startCheckpoints } from './checkpoints.ts';
import { BUSY_TIMEOUT_MS, createPrivately } from './database-file.ts';
import { createSqliteDialect } from './dialect.ts';
import { retryWhileLocked } from './retry-while-locked.ts';

/** Memory for pages: enough for the upper part of every index of a large store. */
const CACHE_KIB = 16 * 1_024;

/** What stays of the log's file after a burst. */
const LOG_BYTES = 16_000_000;

/**
 * Opens the file, and its folder if need be. With WAL and `synchronous = normal` a commit is safe
 * once it returns from whatever ends the process; a power loss may take back the last commits
 * before the newest checkpoint, never a part of one, and never harms the file.
 *
 * @throws Error that names the file and what SQLite or the system said.
 */
export function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    makeFolder(dirname(file));
    createPrivately(file);
    database = new DatabaseSync(file, {
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
    });
    database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = normal');
    database.exec(`pragma cache_size = -${CACHE_KIB}`);
    database.exec(`pragma journal_size_limit = ${LOG_BYTES}`);
    // Erased means overwritten: tokens and prompts must not stay in free pages.
    database.exec('pragma secure_delete = on');
    // From now on the dialect waits, as SQLite's own waiting would stop the whole process.
    database.exec('pragma busy_timeout = 0');
    return database;
  } catch (error) {
    database?.close();
    const message = error instanceof Error ? error.message : String(error);
    const reason = explainFolderFault(dirname(file), error) ?? message;
    throw new Error(`the database ${file} cannot be opened: ${reason}`, { cause: error });
  }
}

/** Opens a database file, and makes it and its folder if need be. @throws as `openDatabase`. */
export function openSqlite(file: string): WritableEngine {
  const database = openDatabase(file);
  // What only reads has a connection of its own.
  const reader = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  reader.exec(`pragma cache_size = -${CACHE_KIB}`);
  return {
    dialect: createSqliteDialect(database, reader),
    findDamage,
    // The log still holds what was overwritten in the file. While another process reads, it is
    // left for the next time.
    compact: () => database.exec('pragma wal_checkpoint(truncate)'),
    // A number that nothing reads, as it stands: a real page in the log, and no change.
    checkWritable: () => retryWhileLocked(() => database.exec('pragma user_version = 0')),
    stop: startCheckpoints(database, file),
  };
}

/** Opens an existing database file without changing it. @throws Error when there is none. */
export function openSqliteReadOnly(file: string): Engine {
  try {
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    return { dialect: createSqliteDialect(database), findDamage };
  } catch (cause) {
    throw new Error(`there is no database to be read at ${file}`, { cause });
  }
}

async function findDamage(db: QueryExecutorProvider): Promise<string[]> {
  const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(db);
  const damage = check.rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
  const orphans = await sql<{ table: string }>`pragma foreign_key_check`.execute(db);
  return [
    ...damage,
    ...orphans.rows.map((row) => `a row of ${row.table} has lost what it belongs to`),
  ];
}
