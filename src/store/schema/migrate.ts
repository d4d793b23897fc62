import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';

const MIGRATION_TABLE = 'migrations';

/** The store was written by a newer Darkroom; the message says what to do. Nothing was changed. */
export class NewerDatabaseError extends Error {
  override readonly name = 'NewerDatabaseError';
}

/**
 * Brings a database to the newest version, in one transaction: all of it or nothing, and of two
 * processes that start at once the second one waits and finds the work done.
 *
 * @throws NewerDatabaseError when a newer Darkroom has been here; nothing is changed then.
 */
export async function migrate(db: Kysely<unknown>, name: string): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await refuseNewer(transaction, name);
    const migrator = new Migrator({
      db: transaction,
      provider: { getMigrations: async () => migrations },
      migrationTableName: MIGRATION_TABLE,
      migrationLockTableName: `${MIGRATION_TABLE}_lock`,
    });
    const { error } = await migrator.migrateToLatest();
    // Only what is thrown rolls back.
    if (error !== undefined) {
      throw new Error(`the database ${name} could not be migrated`, { cause: error });
    }
  });
}

/**
 * How many migrations a database still waits for; 0 when it is of this version.
 *
 * @throws Error when it is no store, or a newer Darkroom has been here.
 */
export async function countPending(db: Kysely<unknown>, name: string): Promise<number> {
  await refuseNewer(db, name);
  const applied = await readApplied(db);
  if (applied.length === 0) throw new Error(`${name} is not a database of Darkroom`);
  return Object.keys(migrations).length - applied.length;
}

/** Names of what was applied, the newest first; empty for a database that is no store. */
async function readApplied(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === MIGRATION_TABLE)) return [];
  const rows = await (db as Kysely<{ [MIGRATION_TABLE]: { name: string } }>)
    .selectFrom(MIGRATION_TABLE)
    .select('name')
    .orderBy('name', 'desc')
    .execute();
  return rows.map((row) => row.name);
}

async function refuseNewer(db: Kysely<unknown>, name: string): Promise<void> {
  const applied = await readApplied(db);
  const newest = applied.find((migration) => !Object.hasOwn(migrations, migration));
  if (newest === undefined) return;
  const known = Object.keys(migrations).length;
  throw new NewerDatabaseError(
    `The database ${name} is of version ${Number.parseInt(newest, 10)} (${newest}), and this Darkroom knows versions up to ${known}. ` +
      'It was not touched. Start the newer Darkroom again, or restore a backup from before the upgrade.',
  );
}
