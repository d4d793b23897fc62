import type { Kysely } from 'kysely';

/** Interactions that were told to wait, and whose answer is not in the store yet. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('deferrals')
    .addColumn('interaction_token', 'text', (column) => column.primaryKey())
    .addColumn('target', 'text', (column) => column.notNull())
    .addColumn('deferred_at', 'bigint', (column) => column.notNull())
    .execute();
}
