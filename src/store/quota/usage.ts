import type { Kysely } from 'kysely';
import type { ModelKey } from '../../domain.ts';
import { notAfter } from '../moments.ts';
import { whole } from '../schema/numbers.ts';
import type { Schema } from '../schema/schema.ts';
import { type CounterKey, type QuotaAmount, readCounter } from './counters.ts';
import { utcDay } from './days.ts';
import { TOTALS_COLUMNS, type Totals, toTotals } from './usage-totals.ts';

/** UTC days, both included, as `YYYY-MM-DD`. */
export interface DayRange {
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

/** Sums for `/usage`. Nothing here looks at a generation, however many there are. */
export interface UsageSums {
  quotaUse(of: { userId: string; guildId: string | null }): Promise<QuotaUse>;
  ofUser(userId: string, days: DayRange): Promise<Totals>;
  ofGuild(guildId: string, days: DayRange): Promise<Totals>;
  /** One entry for each day and model that had any, in order of days. */
  guildDays(
    guildId: string,
    days: DayRange,
  ): Promise<(Totals & { day: string; model: ModelKey })[]>;
  /** Who had the most pictures in a UTC month (`YYYY-MM`), the most first. */
  topUsers(guildId: string, month: string, limit: number): Promise<(Totals & { userId: string })[]>;
}

export function createUsageQueries(db: Kysely<Schema>, now: () => number): UsageSums {
  return {
    async quotaUse({ userId, guildId }) {
      const day = utcDay(now());
      const read = (scope: CounterKey['scope'], subject: string) =>
        readCounter(db, { scope, subject, day });
      const person = await db
        .selectFrom('people')
        .select(['open', 'last_admitted_at'])
        .where('user_id', '=', userId)
        .executeTakeFirst();
      const last = whole(person?.last_admitted_at);
      return {
        user: {
          ...(await read('user', userId)),
          open: whole(person?.open) ?? 0,
          lastAdmittedAt: last === null ? null : notAfter(now(), last),
        },
        guild: guildId === null ? null : await read('guild', guildId),
        bot: await read('bot', ''),
      };
    },

    async ofUser(userId, { from, to }) {
      const rows = await db
        .selectFrom('user_totals')
        .select(TOTALS_COLUMNS)
        .where('user_id', '=', userId)
        .where('day', '>=', from)
        .where('day', '<=', to)
        .execute();
      return sum(rows.map(toTotals));
    },

    async ofGuild(guildId, days) {
      return sum(await guildDays(db, guildId, days));
    },

    guildDays: (guildId, days) => guildDays(db, guildId, days),

    async topUsers(guildId, month, limit) {
      const rows = await db
        .selectFrom('member_totals')
        .select(['user_id', ...TOTALS_COLUMNS])
        .where('guild_id', '=', guildId)
        .where('month', '=', month)
        .orderBy('pictures', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ userId: row.user_id, ...toTotals(row) }));
    },
  };
}

async function guildDays(db: Kysely<Schema>, guildId: string, { from, to }: DayRange) {
  const rows = await db
    .selectFrom('guild_totals')
    .select(['day', 'model', ...TOTALS_COLUMNS])
    .where('guild_id', '=', guildId)
    .where('day', '>=', from)
    .where('day', '<=', to)
    .orderBy('day')
    .orderBy('model')
    .execute();
  return rows.map((row) => ({ day: row.day, model: row.model, ...toTotals(row) }));
}

/** At most a few hundred rows, and here they stay plain numbers on every database. */
function sum(rows: Totals[]): Totals {
  const total: Totals = {
    pictures: 0,
    failures: 0,
    promptTokens: 0,
    imageTokens: 0,
    thoughtTokens: 0,
    totalTokens: 0,
    costMicros: 0,
  };
  for (const row of rows) {
    for (const name of Object.keys(total) as (keyof Totals)[]) total[name] += row[name];
  }
  return total;
}
