import type { Kysely } from 'kysely';

/** What guilds set for themselves, and who changed it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('guild_settings')
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('guild_settings_key', ['guild_id', 'name'])
    .execute();

  await db.schema
    .createTable('settings_changes')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('guild_id', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('from_value', 'text')
    .addColumn('to_value', 'text')
    .addColumn('user_id', 'text')
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex('settings_changes_by_guild')
    .on('settings_changes')
    .columns(['guild_id', 'changed_at', 'id'])
    .execute();
  await db.schema
    .createIndex('settings_changes_by_user')
    .on('settings_changes')
    .columns(['user_id'])
    .execute();
}
