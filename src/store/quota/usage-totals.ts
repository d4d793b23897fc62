import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ModelKey, Usage } from '../../domain.ts';
import { whole } from '../schema/numbers.ts';
import type { Schema, TotalsColumns } from '../schema/schema.ts';
import { utcMonth } from './days.ts';

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

/** One ended generation, as the totals see it. */
export interface Ended {
  userId: string;
  guildId: string | null;
  /** The day whose quota it counts in, so that totals and limits speak of the same day. */
  day: string;
  model: ModelKey;
  outcome: 'picture' | 'failure' | 'cancelled';
  usage: Usage | null;
  costMicros: number;
}

export const TOTALS_COLUMNS = [
  'pictures',
  'failures',
  'prompt_tokens',
  'image_tokens',
  'thought_tokens',
  'total_tokens',
  'cost_micros',
] as const satisfies (keyof TotalsColumns)[];

type Sum = (typeof TOTALS_COLUMNS)[number];

/** Adds one ended generation to every sum that it is part of. */
export async function addToTotals(db: Kysely<Schema>, ended: Ended): Promise<void> {
  const { userId, day, model } = ended;
  const guildId = ended.guildId ?? '';
  const sums = sumsOf(ended);
  await db
    .insertInto('user_totals')
    .values({ user_id: userId, day, model, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['user_id', 'day', 'model']).doUpdateSet(adding('user_totals')),
    )
    .execute();
  await db
    .insertInto('guild_totals')
    .values({ guild_id: guildId, day, model, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['guild_id', 'day', 'model']).doUpdateSet(adding('guild_totals')),
    )
    .execute();
  if (ended.guildId === null) return;
  await db
    .insertInto('member_totals')
    .values({ guild_id: guildId, month: utcMonth(day), user_id: userId, ...sums })
    .onConflict((conflict) =>
      conflict.columns(['guild_id', 'month', 'user_id']).doUpdateSet(adding('member_totals')),
    )
    .execute();
}

function sumsOf({ outcome, usage, costMicros }: Ended): TotalsColumns {
  return {
    pictures: outcome === 'picture' ? 1 : 0,
    failures: outcome === 'failure' ? 1 : 0,
    prompt_tokens: usage?.promptTokens ?? 0,
    image_tokens: usage?.imageTokens ?? 0,
    thought_tokens: usage?.thoughtTokens ?? 0,
    total_tokens: usage?.totalTokens ?? 0,
    cost_micros: costMicros,
  };
}

/** For a row that is there already: each sum grows by the one that was to be inserted. */
function adding(table: string): Record<Sum, RawBuilder<number>> {
  const entries = TOTALS_COLUMNS.map((column) => [
    column,
    sql<number>`${sql.ref(`${table}.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
  ]);
  return Object.fromEntries(entries);
}

export function toTotals(row: TotalsColumns): Totals {
  return {
    pictures: whole(row.pictures) ?? 0,
    failures: whole(row.failures) ?? 0,
    promptTokens: whole(row.prompt_tokens) ?? 0,
    imageTokens: whole(row.image_tokens) ?? 0,
    thoughtTokens: whole(row.thought_tokens) ?? 0,
    totalTokens: whole(row.total_tokens) ?? 0,
    costMicros: whole(row.cost_micros) ?? 0,
  };
}
