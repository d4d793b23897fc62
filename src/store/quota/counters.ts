import type { Kysely, Selectable } from 'kysely';
import { whole } from '../schema/numbers.ts';
import type { CounterScope, CountersTable, Schema } from '../schema/schema.ts';

/** A counter of one day. */
export interface CounterKey {
  scope: CounterScope;
  /** The user's or guild's id; empty for the bot. */
  subject: string;
  day: string;
}

/** What a generation counts as in the limits of its day. */
export interface QuotaAmount {
  pictures: number;
  costMicros: number;
}

/** The counters of a generation, always in this order, so that two transactions cannot deadlock. */
export function counterKeys(of: { userId: string; guildId: string | null; day: string }) {
  const keys: CounterKey[] = [{ scope: 'user', subject: of.userId, day: of.day }];
  if (of.guildId !== null) keys.push({ scope: 'guild', subject: of.guildId, day: of.day });
  keys.push({ scope: 'bot', subject: '', day: of.day });
  return keys;
}

/**
 * Adds an amount and returns the counter as it is then. Its row stays locked until the transaction
 * ends, so whoever finds it over a limit and rolls back is right, however many ask at once.
 */
export async function addToCounter(
  db: Kysely<Schema>,
  key: CounterKey,
  { pictures, costMicros }: QuotaAmount,
): Promise<Selectable<CountersTable>> {
  return db
    .insertInto('counters')
    .values({ ...key, pictures, cost_micros: costMicros, pictures_warned: 0, cost_warned: 0 })
    .onConflict((conflict) =>
      conflict.columns(['day', 'scope', 'subject']).doUpdateSet((column) => ({
        pictures: column('counters.pictures', '+', pictures),
        cost_micros: column('counters.cost_micros', '+', costMicros),
      })),
    )
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Adds to what a generation reserved, or takes some of it back, whatever the limits say. A day that was pruned stays gone. */
export async function adjustCounter(
  db: Kysely<Schema>,
  key: CounterKey,
  { pictures, costMicros }: QuotaAmount,
): Promise<void> {
  await db
    .updateTable('counters')
    .set((column) => ({
      pictures: column('pictures', '+', pictures),
      cost_micros: column('cost_micros', '+', costMicros),
    }))
    .where(({ and }) => and({ ...key }))
    .execute();
}

/** How much is counted; nothing where there is no such counter. */
export async function readCounter(db: Kysely<Schema>, key: CounterKey): Promise<QuotaAmount> {
  const row = await db
    .selectFrom('counters')
    .select(['pictures', 'cost_micros'])
    .where(({ and }) => and({ ...key }))
    .executeTakeFirst();
  return { pictures: whole(row?.pictures) ?? 0, costMicros: whole(row?.cost_micros) ?? 0 };
}
