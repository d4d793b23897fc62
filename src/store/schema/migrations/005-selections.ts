import type { Kysely } from 'kysely';

/** Pictures that a person pointed at, while the form that asks what to do with them is open. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('selections')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('reference_files', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('selections_by_age')
    .on('selections')
    .columns(['created_at'])
    .execute();
}
