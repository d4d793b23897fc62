import { closeSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { backup, DatabaseSync } from 'node:sqlite';

/** More pages than any database has: a copy in one step, and so as it was at one moment. */
const ALL_PAGES = 2 ** 31 - 1;

/** How long opening waits for another process that holds the lock. */
export const BUSY_TIMEOUT_MS = 5_000;

/**
 * Makes the file, if there is none, for its owner alone: it holds prompts and tokens. SQLite gives
 * its log the permissions of the file.
 */
export function createPrivately(file: string): void {
  closeSync(openSync(file, 'a', 0o600));
}

/**
 * Copies a database into a file of its own, off this thread. By a connection of its own: steps on
 * one that others write by begin again with every write, and fail where they meet one half done.
 */
export async function copyDatabase(file: string, to: string): Promise<void> {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    createPrivately(to);
    await backup(database, to, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
}

/** Folds the log into the file, which then stands alone. The next `openDatabase` turns the log on again. */
export function sealDatabase(file: string): void {
  const database = new DatabaseSync(file);
  try {
    database.exec('pragma journal_mode = delete');
  } finally {
    database.close();
  }
}

/** Removes a database with the files that SQLite keeps beside it, those that there are. */
export async function removeDatabase(file: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) {
    await rm(`${file}${suffix}`, { force: true });
  }
}
