import { type Kysely, type RawBuilder, sql } from 'kysely';

/** As `whole` and `wholeCost` have it at this version. */
const MAX_WHOLE = Number.MAX_SAFE_INTEGER;
const MAX_COST = 1_000_000_000_000;

const TOKENS = ['prompt_tokens', 'image_tokens', 'thought_tokens', 'total_tokens'];
const MOMENTS = ['started_at', 'first_attempt_at', 'develop_ms'];

/**
 * Counts the requests whose cost is known, and mends what earlier versions took over from a
 * provider as it came: counts and costs that are negative, no whole numbers, or larger than any
 * program reads back. They become unknown, and sums that they spoiled are added up anew.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('generations')
    .addColumn('accounted_attempts', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await sql`update generations set accounted_attempts = attempts
    where developed_at is not null or concluded_at is not null`.execute(db);
  for (const column of [...TOKENS, ...MOMENTS]) {
    await mend(db, 'generations', column, MAX_WHOLE, sql`null`);
  }
  await mend(db, 'generations', 'cost_micros', MAX_COST, sql`null`);
  await mend(db, 'generations', 'held_cost_micros', MAX_COST, sql`coalesce(cost_micros, 0)`);
  await mend(db, 'people', 'last_admitted_at', MAX_WHOLE, sql`null`);
  await mendCounters(db);
  await mendTotals(db);
}

/** SQLite keeps any type in any column; a text or a blob is greater than every number. */
function isBad(column: string, max: number): RawBuilder<boolean> {
  const name = sql.ref(column);
  return sql`(${name} < 0 or ${name} > ${sql.lit(max)} or ${name} <> cast(${name} as bigint))`;
}

async function mend(
  db: Kysely<unknown>,
  table: string,
  column: string,
  max: number,
  to: RawBuilder<unknown>,
): Promise<void> {
  await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${to}
    where ${isBad(column, max)}`.execute(db);
}

/** A line may be above what its generations hold, as people are forgotten, and never below it. */
async function mendCounters(db: Kysely<unknown>): Promise<void> {
  await mend(db, 'counters', 'pictures', MAX_WHOLE, sql`0`);
  await mend(db, 'counters', 'cost_micros', MAX_COST, sql`0`);
  for (const [column, of] of [
    ['pictures', 'held_pictures'],
    ['cost_micros', 'held_cost_micros'],
  ] as const) {
    const name = sql.ref(column);
    const sum = sql`sum(${sql.ref(of)}) as held from generations`;
    await sql`update counters set ${name} = counted.held from (
        select 'user' as scope, user_id as subject, day, ${sum} group by user_id, day
        union all select 'guild', guild_id, day, ${sum} where guild_id is not null
          group by guild_id, day
        union all select 'bot', '', day, ${sum} group by day
      ) as counted
      where counted.scope = counters.scope and counted.subject = counters.subject
        and counted.day = counters.day and counters.${name} < counted.held`.execute(db);
  }
}

async function mendTotals(db: Kysely<unknown>): Promise<void> {
  const sums: [string, RawBuilder<number>][] = [
    ['pictures', sql`case when developed_at is not null then 1 else 0 end`],
    ['failures', sql`case when developed_at is null and state <> 'cancelled' then 1 else 0 end`],
    ...TOKENS.map((name): [string, RawBuilder<number>] => [name, sql.ref(name)]),
    ['cost_micros', sql.ref('held_cost_micros')],
  ];
  const tables: [string, RawBuilder<boolean>][] = [
    [
      'user_totals',
      sql`generations.user_id = user_totals.user_id and generations.day = user_totals.day
        and generations.model = user_totals.model`,
    ],
    [
      'guild_totals',
      sql`coalesce(generations.guild_id, '') = guild_totals.guild_id
        and generations.day = guild_totals.day and generations.model = guild_totals.model`,
    ],
    [
      'member_totals',
      sql`generations.guild_id = member_totals.guild_id
        and substr(generations.day, 1, 7) = member_totals.month
        and generations.user_id = member_totals.user_id`,
    ],
  ];
  for (const [table, isIts] of tables) {
    for (const [column, of] of sums) {
      const max = column === 'cost_micros' ? MAX_COST : MAX_WHOLE;
      const sum = sql`(select coalesce(sum(${of}), 0) from generations
        where generations.concluded_at is not null and ${isIts})`;
      await mend(db, table, column, max, sum);
    }
  }
}
