import type { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from './migrations/index.ts';

const MIGRATION_TABLE = 'migrations';

/**
 * Brings a database to the newest version, in one transaction: all of it or nothing, and of two
 * processes that start at once the second one waits and finds the work done.
 *
 * @throws Error when a newer Darkroom has been here; nothing is changed then.
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
      throw new Error(`the ledger ${name} could not be migrated`, { cause: error });
    }
  });
}

async function refuseNewer(db: Kysely<unknown>, name: string): Promise<void> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === MIGRATION_TABLE)) return;
  const applied = await (db as Kysely<{ [MIGRATION_TABLE]: { name: string } }>)
    .selectFrom(MIGRATION_TABLE)
    .select('name')
    .orderBy('name', 'desc')
    .execute();
  const newest = applied.find((row) => !Object.hasOwn(migrations, row.name));
  if (newest === undefined) return;
  const known = Object.keys(migrations).length;
  throw new Error(
    `The ledger ${name} is of version ${Number.parseInt(newest.name, 10)} (${newest.name}), and this Darkroom knows versions up to ${known}. ` +
      'It was not touched. Start the newer Darkroom again, or restore a backup from before the upgrade.',
  );
}
