import { existsSync } from 'node:fs';
import { chmod, copyFile, rename, stat } from 'node:fs/promises';
import { copyDatabase, removeDatabase, sealDatabase } from './sqlite/database-file.ts';
import { openReadOnlyStore, openStore } from './store.ts';

/** What a backup or a restored store holds. */
export interface BackupFacts {
  bytes: number;
  generations: number;
  /** Those that had not ended when the backup was made. */
  open: number;
}

/**
 * Copies a store, while a bot may be writing it, into one file that needs no other beside it, and
 * reads the copy through once. The file appears under its name only when it is whole and sound.
 *
 * @throws Error when the file exists already, and when the store is damaged.
 */
export async function backUpDatabase(database: string, file: string): Promise<BackupFacts> {
  if (existsSync(file)) throw new Error(`${file} exists already; nothing was written`);
  // A look first: a typing error in DATA_DIR must not make an empty store, and then back it up.
  await (await openReadOnlyStore(database)).close();
  const part = `${file}.part`;
  await removeDatabase(part);
  try {
    await copyDatabase(database, part);
    sealDatabase(part);
    const facts = await describe(part);
    await rename(part, file);
    return facts;
  } finally {
    await removeDatabase(part);
  }
}

/**
 * Puts a backup in the place of a store that is not there (any more), brought to this version.
 * What had not ended when the backup was made ends here as interrupted: it went on without this
 * copy of the store, and must not be paid for once more.
 *
 * @throws Error when there is a store already, and when the backup is damaged, none, or newer.
 */
export async function restoreDatabase(file: string, database: string): Promise<BackupFacts> {
  for (const name of [database, `${database}-wal`, `${database}-shm`]) {
    if (existsSync(name)) {
      throw new Error(`${name} exists. Stop the bot and move it away first; nothing was changed`);
    }
  }
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  const part = `${database}.part`;
  await removeDatabase(part);
  try {
    await copyFile(file, part);
    await chmod(part, 0o600);
    const open = await endOpen(part);
    sealDatabase(part);
    const facts = await describe(part);
    await rename(part, database);
    return { ...facts, open };
  } catch (error) {
    // It is said of the copy, which is gone when it is read.
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(message.replaceAll(part, file), { cause: error });
  } finally {
    await removeDatabase(part);
  }
}

async function endOpen(file: string): Promise<number> {
  const store = await openStore({ file });
  let ended = 0;
  try {
    for (const reply of await store.replies.unsettled()) {
      for (const { id } of reply.generations) {
        const failure = { kind: 'interrupted' as const, details: {} };
        const conclusion = { state: 'interrupted' as const, failure };
        if (await store.generations.conclude(id, conclusion)) ended += 1;
      }
      await store.replies.settle(reply.id);
    }
    for (const { interactionToken } of await store.deferrals.list()) {
      await store.deferrals.clear(interactionToken);
    }
  } finally {
    await store.close();
  }
  return ended;
}

/** @throws Error that names what is damaged. */
async function describe(file: string): Promise<BackupFacts> {
  const copy = await openReadOnlyStore(file);
  try {
    const damage = await copy.integrity();
    if (damage.length > 0) throw new Error(`the database is damaged: ${damage.join('; ')}`);
    return { bytes: (await stat(file)).size, ...(await copy.count()) };
  } finally {
    await copy.close();
  }
}
