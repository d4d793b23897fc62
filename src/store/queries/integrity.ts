import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engine.ts';
import type { Schema } from '../schema/schema.ts';

/** What must always hold, each as a query for what breaks it. */
const INVARIANTS = [
  [
    'a generation is open and has ended at once',
    sql`select id as subject from generations
        where (concluded_at is null) <> (state in ('queued', 'running', 'developed'))`,
  ],
  [
    'a reply is settled before its generations ended, or keeps its token',
    sql`select id as subject from replies where settled_at is not null and (target is not null or exists (
          select 1 from generations where reply_id = replies.id and concluded_at is null))`,
  ],
  [
    'a person’s open generations are miscounted',
    sql`select people.user_id as subject from people left join (
          select user_id, count(*) as open from generations where concluded_at is null group by user_id
        ) as counted on counted.user_id = people.user_id
        where people.open <> coalesce(counted.open, 0)`,
  ],
  [
    // More may be counted than is there: who asks to be forgotten leaves the day's counts behind.
    'a day’s counter is below what its generations hold',
    sql`select counters.day || ' ' || counters.scope || ' ' || counters.subject as subject
        from counters join (
          select day, 'user' as scope, user_id as subject, sum(held_pictures) as pictures,
            sum(held_cost_micros) as cost_micros from generations group by day, user_id
          union all
          select day, 'guild', guild_id, sum(held_pictures), sum(held_cost_micros)
            from generations where guild_id is not null group by day, guild_id
          union all
          select day, 'bot', '', sum(held_pictures), sum(held_cost_micros)
            from generations group by day
        ) as held on held.day = counters.day and held.scope = counters.scope
          and held.subject = counters.subject
        where counters.pictures < held.pictures or counters.cost_micros < held.cost_micros`,
  ],
] as const;

/** Problems that each line names at most; one is enough to look. */
const MAX_EACH = 5;

/**
 * Looks for damage: the engine's own check, and the store's invariants. Returns what it found, a
 * sentence each. Reads everything and waits for nothing (a large store takes seconds in which the
 * process does nothing else), so it is for tools and tests, not for a bot at work.
 */
export async function findDamage(engine: Engine, db: Kysely<Schema>): Promise<string[]> {
  const problems = await engine.findDamage(db);
  for (const [problem, query] of INVARIANTS) {
    const { rows } = await sql<{ subject: string }>`${query} limit ${MAX_EACH}`.execute(db);
    problems.push(...rows.map((row) => `${problem}: ${row.subject}`));
  }
  return problems;
}
