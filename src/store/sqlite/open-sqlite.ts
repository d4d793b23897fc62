import { DatabaseSync } from 'node:sqlite';
import { type QueryExecutorProvider, sql } from 'kysely';
import type { Engine, WritableEngine } from '../engine.ts';
import { startCheckpoints } from './checkpoints.ts';
import { emptyLog, openDatabase, openReader, tryWriting } from './connection.ts';
import { BUSY_TIMEOUT_MS } from './database-file.ts';
import { createSqliteDialect } from './dialect.ts';
import { retryWhileLocked } from './retry-while-locked.ts';

/** Opens a database file, and makes it and its folder if need be. @throws as `openDatabase`. */
export function openSqlite(file: string): WritableEngine {
  const database = openDatabase(file);
  return {
    dialect: createSqliteDialect(database, openReader(file)),
    findDamage,
    compact: () => emptyLog(database),
    checkWritable: () => retryWhileLocked(() => tryWriting(database)),
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
