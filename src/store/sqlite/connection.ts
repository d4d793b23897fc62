import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { explainFolderFault, makeFolder } from '../../data-folder.ts';
import { BUSY_TIMEOUT_MS, createPrivately } from './database-file.ts';

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

/** A second connection to a file that is open already, for what only reads. */
export function openReader(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  database.exec(`pragma cache_size = -${CACHE_KIB}`);
  return database;
}

/**
 * Moves everything from the log into the file and empties the log, which still holds what was
 * overwritten in the file. While another process reads, it is left for the next time.
 */
export function emptyLog(database: DatabaseSync): void {
  database.exec('pragma wal_checkpoint(truncate)');
}

/** Writes a number that nothing reads, as it stands: a real page in the log, and no change. */
export function tryWriting(database: DatabaseSync): void {
  database.exec('pragma user_version = 0');
}
