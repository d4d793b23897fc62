import { type Kysely, sql } from 'kysely';

/** Replies and their generations, and the larger things that are kept beside them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('replies')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('command', 'text', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('guild_id', 'text')
    .addColumn('channel_id', 'text')
    .addColumn('message_id', 'text')
    .addColumn('ephemeral', 'integer', (column) => column.notNull())
    .addColumn('target', 'text')
    .addColumn('origin_reply_id', 'text')
    .addColumn('origin_generation_id', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('settled_at', 'bigint')
    .addColumn('erased_at', 'bigint')
    .execute();

  await db.schema
    .createTable('generations')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('reply_id', 'text', (column) =>
      column.notNull().references('replies.id').onDelete('cascade'),
    )
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('user_id', 'text', (column) => column.notNull())
    .addColumn('guild_id', 'text')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('model', 'text', (column) => column.notNull())
    .addColumn('ratio', 'text')
    .addColumn('size', 'text', (column) => column.notNull())
    .addColumn('prompt', 'text')
    .addColumn('reference_files', 'text')
    .addColumn('day', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('started_at', 'bigint')
    .addColumn('runs', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('first_attempt_at', 'bigint')
    .addColumn('developed_at', 'bigint')
    .addColumn('develop_ms', 'bigint')
    .addColumn('delivery_attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .addColumn('concluded_at', 'bigint')
    .addColumn('prompt_tokens', 'bigint')
    .addColumn('image_tokens', 'bigint')
    .addColumn('thought_tokens', 'bigint')
    .addColumn('total_tokens', 'bigint')
    .addColumn('cost_micros', 'bigint')
    .addColumn('held_pictures', 'integer', (column) => column.notNull())
    .addColumn('held_cost_micros', 'bigint', (column) => column.notNull())
    .addColumn('image', 'text')
    .addColumn('attachment', 'text')
    .addColumn('failure_kind', 'text')
    .addColumn('failure_details', 'text')
    .addUniqueConstraint('generations_of_reply', ['reply_id', 'position'])
    .execute();

  for (const [table, content] of [
    ['transcripts', { name: 'text', type: 'text' }],
    // SQLite gives `bytea` no affinity that touches a blob; Postgres knows it by this name only.
    ['thumbnails', { name: 'image', type: 'bytea' }],
  ] as const) {
    await db.schema
      .createTable(table)
      .addColumn('generation_id', 'text', (column) =>
        column.primaryKey().references('generations.id').onDelete('cascade'),
      )
      .addColumn(content.name, sql.raw(content.type), (column) => column.notNull())
      .execute();
  }
  await createIndexes(db);
}

/** Each serves one query of the store; `test/store/plans.test.ts` checks that it does. */
async function createIndexes(db: Kysely<unknown>): Promise<void> {
  const indexes = [
    sql`create index replies_open on replies (created_at) where settled_at is null`,
    sql`create index replies_to_erase on replies (settled_at) where erased_at is null`,
    sql`create index replies_by_message on replies (message_id, created_at)
      where message_id is not null`,
    sql`create index replies_by_user on replies (user_id, settled_at, created_at)`,
    sql`create index generations_by_end on generations (concluded_at)`,
    sql`create index generations_history on generations (user_id, created_at, id)
      where developed_at is not null and prompt is not null`,
    // The bound of a choice that Discord offers while a person types.
    sql`create index generations_prompts on generations (user_id, created_at)
      where length(prompt) <= 100`,
    sql`create index generations_durations on generations (model, size, developed_at, develop_ms)
      where develop_ms is not null`,
  ];
  for (const index of indexes) await index.execute(db);
}
