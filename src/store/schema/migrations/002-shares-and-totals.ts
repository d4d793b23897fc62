import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

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
  await createTotals(db, 'user_totals', ['user_id', 'day', 'model']);
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
  await countWhatIsThere(db);
}

async function createTotals(db: Kysely<unknown>, table: string, key: string[]): Promise<void> {
  let create: CreateTableBuilder<string, string> = db.schema.createTable(table);
  for (const name of key) create = create.addColumn(name, 'text', (column) => column.notNull());
  for (const name of SUMS) {
    create = create.addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0));
  }
  await create.addPrimaryKeyConstraint(`${table}_key`, key).execute();
}

/** Generations of the version before are counted as if these tables had been there. */
async function countWhatIsThere(db: Kysely<unknown>): Promise<void> {
  await sql`
    insert into people (user_id, open, last_admitted_at)
    select user_id, sum(case when concluded_at is null then 1 else 0 end), max(created_at)
    from generations group by user_id`.execute(db);
  await sql`
    insert into counters (scope, subject, day, pictures, cost_micros)
    select 'user', user_id, day, sum(held_pictures), sum(held_cost_micros)
      from generations group by user_id, day
    union all select 'guild', guild_id, day, sum(held_pictures), sum(held_cost_micros)
      from generations where guild_id is not null group by guild_id, day
    union all select 'bot', '', day, sum(held_pictures), sum(held_cost_micros)
      from generations group by day`.execute(db);

  const guild = sql`coalesce(guild_id, '')`;
  const month = sql`substr(day, 1, 7)`;
  for (const [table, key] of [
    ['user_totals', sql`user_id, day, model`],
    ['guild_totals', sql`${guild}, day, model`],
    ['member_totals', sql`${guild}, ${month}, user_id`],
  ] as const) {
    const inGuild = table === 'member_totals' ? sql`and guild_id is not null` : sql``;
    await sql`
      insert into ${sql.table(table)}
      select ${key}, sum(case when developed_at is not null then 1 else 0 end),
        sum(case when developed_at is null and state <> 'cancelled' then 1 else 0 end),
        coalesce(sum(prompt_tokens), 0), coalesce(sum(image_tokens), 0),
        coalesce(sum(thought_tokens), 0), coalesce(sum(total_tokens), 0), sum(held_cost_micros)
      from generations where concluded_at is not null ${inGuild} group by ${key}`.execute(db);
  }
}
