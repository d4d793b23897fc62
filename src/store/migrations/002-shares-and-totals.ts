import type { CreateTableBuilder, Kysely } from 'kysely';

const SUMS = [
  'pictures',
  'failures',
  'prompt_tokens',
  'image_tokens',
  'thought_tokens',
  'total_tokens',
  'cost_micros',
];

/** What limits are counted in, and what `/usage` reads. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('counters')
    .addColumn('scope', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('pictures', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('cost_micros', 'bigint', (column) => column.notNull().defaultTo(0))
    .addColumn('pictures_warned', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('cost_warned', 'integer', (column) => column.notNull().defaultTo(0))
    // The day comes first: retention drops whole days.
    .addPrimaryKeyConstraint('counters_key', ['day', 'scope', 'subject'])
    .execute();

  await db.schema
    .createTable('people')
    .addColumn('user_id', 'text', (column) => column.primaryKey())
    .addColumn('open', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('last_admitted_at', 'bigint')
    .execute();

  // A guild of thousands has too many user days to be added up while a person waits,
  // so each question that is asked of the totals has its own sums.
  await createTotals(db, 'user_totals', ['user_id', 'day', 'guild_id', 'model']);
  await createTotals(db, 'guild_totals', ['guild_id', 'day', 'model']);
  await createTotals(db, 'member_totals', ['guild_id', 'month', 'user_id']);
  await db.schema
    .createIndex('member_totals_top')
    .on('member_totals')
    .columns(['guild_id', 'month', 'pictures'])
    .execute();
  await db.schema
    .createIndex('member_totals_by_user')
    .on('member_totals')
    .columns(['user_id'])
    .execute();
}

async function createTotals(db: Kysely<unknown>, table: string, key: string[]): Promise<void> {
  let create: CreateTableBuilder<string, string> = db.schema.createTable(table);
  for (const name of key) create = create.addColumn(name, 'text', (column) => column.notNull());
  for (const name of SUMS) {
    create = create.addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0));
  }
  await create.addPrimaryKeyConstraint(`${table}_key`, key).execute();
}
