import type { Kysely } from 'kysely';
import { addToCounter } from '../quota/counters.ts';
import { DAY_MS, utcDay, utcDayBefore } from '../quota/days.ts';
import { whole } from '../schema/numbers.ts';
import type { Schema } from '../schema/schema.ts';

/** Replies in one transaction: a few milliseconds, so that nobody waits for housekeeping. */
const BATCH = 50;
/** Counters are of use on their day, and a little longer to whoever looks into them. */
const COUNTER_DAYS = 7;

/**
 * What is kept, for how long, and how it goes.
 *
 * @param compact Called after something was erased, to have it gone from the database's own log too.
 */
export function createRetentionQueries(db: Kysely<Schema>, now: () => number, compact: () => void) {
  return {
    /**
     * Erases what people wrote and what the model answered from replies that were settled more than
     * so many days ago: prompt, references, thinking, thumbnail, names of files, words of failures.
     * Counts, costs, durations and outcomes stay. Works in small steps; returns the replies erased.
     */
    async prune(retentionDays: number): Promise<number> {
      const settledBefore = now() - retentionDays * DAY_MS;
      const erased = await repeatBatches(() => eraseBatch(db, settledBefore, now()));
      await db
        .deleteFrom('counters')
        .where('day', '<', utcDayBefore(now(), COUNTER_DAYS))
        .execute();
      await db
        .deleteFrom('people')
        .where('open', '=', 0)
        .where('last_admitted_at', '<', now() - COUNTER_DAYS * DAY_MS)
        .execute();
      if (erased > 0) compact();
      return erased;
    },

    /** How many settled replies are kept with their words, and how many of them `prune` would erase. */
    countDue: (retentionDays: number): Promise<{ due: number; kept: number }> =>
      db
        .selectFrom('replies')
        .select(({ fn }) => [
          fn.countAll<number>().as('kept'),
          fn
            .countAll<number>()
            .filterWhere('settled_at', '<', now() - retentionDays * DAY_MS)
            .as('due'),
        ])
        .where('settled_at', 'is not', null)
        .where('erased_at', 'is', null)
        .executeTakeFirstOrThrow(),

    /**
     * Sets moments of the future to now, as a clock that was ahead left them: what is kept for so
     * many days would stay longer by the error, and the limits of a day to come would be taken
     * before it begins. For a clock that is known to be right.
     */
    clampFutureTimes: () =>
      db.transaction().execute((transaction) => clampFutureTimes(transaction, now())),

    /**
     * Erases a person: replies, generations, totals of their own, their name in the settings' audit.
     * Guilds keep their sums, which name nobody. What is taken of today's limits stays until `prune`
     * drops it, or being forgotten would renew them. Replies that are not settled stay too: cancel
     * and settle them first (`replies.unsettled(userId)`), or call again later.
     */
    async forget(userId: string): Promise<{ erased: number; open: number }> {
      const erased = await repeatBatches(() => forgetBatch(db, userId));
      const open = await db
        .transaction()
        .execute((transaction) => forgetTheRest(transaction, userId));
      compact();
      return { erased, open };
    },
  };
}

/** Erases what a person has beside settled replies; returns how many replies are left. */
async function forgetTheRest(db: Kysely<Schema>, userId: string): Promise<number> {
  for (const table of ['user_totals', 'member_totals', 'selections'] as const) {
    await db.deleteFrom(table).where('user_id', '=', userId).execute();
  }
  await db
    .updateTable('settings_changes')
    .set({ user_id: null })
    .where('user_id', '=', userId)
    .execute();
  const { count } = await db
    .selectFrom('replies')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('user_id', '=', userId)
    .executeTakeFirstOrThrow();
  return count;
}

/** Works batch after batch until one is not full; returns how many replies there were in all. */
async function repeatBatches(work: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await work();
    total += count;
    if (count < BATCH) return total;
  }
}

async function eraseBatch(db: Kysely<Schema>, settledBefore: number, now: number) {
  return db.transaction().execute(async (transaction) => {
    const due = await transaction
      .selectFrom('replies')
      .select('id')
      .where('settled_at', '<', settledBefore)
      .where('erased_at', 'is', null)
      .limit(BATCH)
      .execute();
    if (due.length === 0) return 0;
    const replyIds = due.map(({ id }) => id);
    const generations = await transaction
      .updateTable('generations')
      .set({
        prompt: null,
        reference_files: null,
        failure_details: null,
        image: null,
        attachment: null,
      })
      .where('reply_id', 'in', replyIds)
      .returning('id')
      .execute();
    const ids = generations.map(({ id }) => id);
    await transaction.deleteFrom('transcripts').where('generation_id', 'in', ids).execute();
    await transaction.deleteFrom('thumbnails').where('generation_id', 'in', ids).execute();
    await transaction
      .updateTable('replies')
      .set({ erased_at: now })
      .where('id', 'in', replyIds)
      .execute();
    return due.length;
  });
}

async function clampFutureTimes(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .updateTable('replies')
    .set({ settled_at: now })
    .where('settled_at', '>', now)
    .where('erased_at', 'is', null)
    .execute();
  await db
    .updateTable('generations')
    .set({ concluded_at: now })
    .where('concluded_at', '>', now)
    .execute();
  await db
    .updateTable('people')
    .set({ last_admitted_at: now })
    .where('last_admitted_at', '>', now)
    .execute();
  // What was taken on a day that has not come was taken today.
  const today = utcDay(now);
  const ahead = await db.selectFrom('counters').selectAll().where('day', '>', today).execute();
  if (ahead.length === 0) return;
  for (const { scope, subject, pictures, cost_micros: costMicros } of ahead) {
    const amount = { pictures: whole(pictures) ?? 0, costMicros: whole(costMicros) ?? 0 };
    await addToCounter(db, { scope, subject, day: today }, amount);
  }
  await db.deleteFrom('counters').where('day', '>', today).execute();
  await db.updateTable('generations').set({ day: today }).where('day', '>', today).execute();
}

/** Generations, transcripts and thumbnails go with their reply. */
async function forgetBatch(db: Kysely<Schema>, userId: string): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('replies')
    .where('id', 'in', (query) =>
      query
        .selectFrom('replies')
        .select('id')
        .where('user_id', '=', userId)
        .where('settled_at', 'is not', null)
        .limit(BATCH),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
