import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely';
import { notAfter } from '../moments.ts';
import { whole } from '../schema/numbers.ts';
import {
  type CounterScope,
  type GenerationsTable,
  type Schema,
  TOTALS_COLUMNS,
  type TotalsColumns,
} from '../schema/schema.ts';
import { type QuotaAmount, readCounter } from './counters.ts';
import { utcDay, utcMonth } from './days.ts';

/** UTC days, both included, as `YYYY-MM-DD`. */
interface DayRange {
  from: string;
  to: string;
}

/** What is taken of today's limits; what is left is for whoever knows the limits. */
export interface QuotaUse {
  /** `open` counts generations that have not ended; `lastAdmittedAt` is for the cooldown. */
  user: QuotaAmount & { open: number; lastAdmittedAt: number | null };
  /** null where there is no guild. */
  guild: QuotaAmount | null;
  bot: QuotaAmount;
}

/** Sums of ended generations. What was cancelled counts only with its tokens and its cost. */
export interface Totals {
  /** Those whose picture was whole, delivered or not. */
  pictures: number;
  /** Those that ended without a picture, other than by being cancelled. */
  failures: number;
  promptTokens: number;
  imageTokens: number;
  thoughtTokens: number;
  totalTokens: number;
  /** Where a cost never became known, what was reserved stands for it. */
  costMicros: number;
}

/** Sums for `/usage`. Nothing here looks at a generation, however many there are. */
export function createUsageQueries(db: Kysely<Schema>, now: () => number) {
  const selectGuild = (guildId: string, { from, to }: DayRange) =>
    db
      .selectFrom('guild_totals')
      .selectAll()
      .where('guild_id', '=', guildId)
      .where('day', '>=', from)
      .where('day', '<=', to)
      .orderBy('day')
      .orderBy('model')
      .execute();

  return {
    async quotaUse(of: { userId: string; guildId: string | null }): Promise<QuotaUse> {
      const day = utcDay(now());
      const read = (scope: CounterScope, subject: string) =>
        readCounter(db, { scope, subject, day });
      const person = await db
        .selectFrom('people')
        .select(['open', 'last_admitted_at'])
        .where('user_id', '=', of.userId)
        .executeTakeFirst();
      const last = whole(person?.last_admitted_at);
      return {
        user: {
          ...(await read('user', of.userId)),
          open: whole(person?.open) ?? 0,
          lastAdmittedAt: last === null ? null : notAfter(now(), last),
        },
        guild: of.guildId === null ? null : await read('guild', of.guildId),
        bot: await read('bot', ''),
      };
    },

    async ofUser(userId: string, { from, to }: DayRange): Promise<Totals> {
      const rows = await db
        .selectFrom('user_totals')
        .select(TOTALS_COLUMNS)
        .where('user_id', '=', userId)
        .where('day', '>=', from)
        .where('day', '<=', to)
        .execute();
      return toTotals(rows);
    },

    async ofGuild(guildId: string, days: DayRange): Promise<Totals> {
      return toTotals(await selectGuild(guildId, days));
    },

    /** One entry for each day and model that had any, in order of days. */
    async guildDays(guildId: string, days: DayRange) {
      const rows = await selectGuild(guildId, days);
      return rows.map((row) => ({ day: row.day, model: row.model, ...toTotals([row]) }));
    },

    /** Who had the most pictures in a UTC month (`YYYY-MM`), the most first. */
    async topUsers(guildId: string, month: string, limit: number) {
      const rows = await db
        .selectFrom('member_totals')
        .select(['user_id', ...TOTALS_COLUMNS])
        .where('guild_id', '=', guildId)
        .where('month', '=', month)
        .orderBy('pictures', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ userId: row.user_id, ...toTotals([row]) }));
    },
  };
}

/** The sums of at most a few hundred rows, which here stay plain numbers on every database. */
function toTotals(rows: readonly TotalsColumns[]): Totals {
  const sum = (column: keyof TotalsColumns) =>
    rows.reduce((total, row) => total + (whole(row[column]) ?? 0), 0);
  return {
    pictures: sum('pictures'),
    failures: sum('failures'),
    promptTokens: sum('prompt_tokens'),
    imageTokens: sum('image_tokens'),
    thoughtTokens: sum('thought_tokens'),
    totalTokens: sum('total_tokens'),
    costMicros: sum('cost_micros'),
  };
}

/**
 * Adds one ended generation to every sum that it is part of, by the day whose quota it counts in,
 * so that totals and limits speak of the same day.
 */
export async function addToTotals(
  db: Kysely<Schema>,
  ended: Selectable<GenerationsTable>,
  costMicros: number,
): Promise<void> {
  const { user_id, guild_id, day, model } = ended;
  const isReceived = ended.developed_at !== null;
  const sums: TotalsColumns = {
    pictures: isReceived ? 1 : 0,
    failures: isReceived || ended.state === 'cancelled' ? 0 : 1,
    prompt_tokens: whole(ended.prompt_tokens) ?? 0,
    image_tokens: whole(ended.image_tokens) ?? 0,
    thought_tokens: whole(ended.thought_tokens) ?? 0,
    total_tokens: whole(ended.total_tokens) ?? 0,
    cost_micros: costMicros,
  };
  await db
    .insertInto('user_totals')
    .values({ user_id, day, model, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'day', 'model']).doUpdateSet(adding('user_totals')),
    )
    .execute();
  await db
    .insertInto('guild_totals')
    .values({ guild_id: guild_id ?? '', day, model, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['guild_id', 'day', 'model']).doUpdateSet(adding('guild_totals')),
    )
    .execute();
  if (guild_id === null) return;
  await db
    .insertInto('member_totals')
    .values({ guild_id, month: utcMonth(day), user_id, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['guild_id', 'month', 'user_id']).doUpdateSet(adding('member_totals')),
    )
    .execute();
}

/** For a row that is there already: each sum grows by the one that was to be inserted. */
function adding(table: string): Record<keyof TotalsColumns, RawBuilder<number>> {
  const entries = TOTALS_COLUMNS.map((column) => [
    column,
    sql<number>`${sql.ref(`${table}.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
  ]);
  return Object.fromEntries(entries);
}
