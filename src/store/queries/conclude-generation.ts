import type { Kysely, Selectable } from 'kysely';
import type { EndState, FailureKind, FailureReason } from '../../domain.ts';
import { adjustCounter, counterKeys, type QuotaAmount } from '../quota/counters.ts';
import { retainedQuota } from '../quota/retained-quota.ts';
import { addToTotals } from '../quota/usage.ts';
import { whole, wholeCost } from '../schema/numbers.ts';
import { toUsage } from '../schema/rows.ts';
import type { GenerationsTable, Schema, StoredState } from '../schema/schema.ts';
import type { DeliveredAttachment } from '../types.ts';

/** How a generation ended. What is left out stays as the store has it. */
export interface Conclusion {
  /** `delivered` takes a received picture; the others end any open state. */
  state: EndState;
  failure?: FailureReason;
  /** The model's thinking; its last 200,000 characters are kept. */
  transcript?: string;
  attachment?: DeliveredAttachment;
}

const MAX_TRANSCRIPT_CHARS = 200_000;

const OPEN: StoredState[] = ['queued', 'running', 'developed'];
/** From which states each end may be reached. */
const FROM: Record<EndState, StoredState[]> = {
  delivered: ['developed'],
  failed: OPEN,
  cancelled: OPEN,
  interrupted: OPEN,
};

/** Ends a generation, once; returns whether it was this call that did. */
export async function concludeGeneration(
  db: Kysely<Schema>,
  id: string,
  conclusion: Conclusion,
  now: number,
): Promise<boolean> {
  const { state, failure, transcript, attachment } = conclusion;
  return db.transaction().execute(async (transaction) => {
    const row = await transaction
      .updateTable('generations')
      .set({
        state,
        concluded_at: now,
        failure_kind: failure?.kind ?? null,
        failure_details: failure === undefined ? null : JSON.stringify(failure.details),
        attachment: attachment === undefined ? null : JSON.stringify(attachment),
      })
      .where('id', '=', id)
      .where('state', 'in', FROM[state])
      .returningAll()
      .executeTakeFirst();
    if (row === undefined) return false;
    await settleQuota(transaction, row, conclusion);
    if (transcript !== undefined && transcript !== '') {
      const text = transcript.slice(-MAX_TRANSCRIPT_CHARS);
      await transaction.insertInto('transcripts').values({ generation_id: id, text }).execute();
    }
    return true;
  });
}

/** Why there is no picture, where nobody said so. */
const UNSAID: Record<EndState, FailureKind> = {
  delivered: 'internal',
  failed: 'internal',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
};

/** Corrects what the generation holds of its day to what it took, and adds it to the totals. */
async function settleQuota(
  db: Kysely<Schema>,
  row: Selectable<GenerationsTable>,
  { state, failure }: Conclusion,
): Promise<void> {
  const usage = toUsage(row);
  const reportedMicros = wholeCost(row.cost_micros);
  const reservedMicros = wholeCost(row.held_cost_micros) ?? 0;
  const attempts = whole(row.attempts) ?? 0;
  const accounted = (whole(row.accounted_attempts) ?? 0) >= attempts;
  const kept = retainedQuota({
    end: row.developed_at !== null ? 'made' : (failure?.kind ?? UNSAID[state]),
    asked: attempts > 0,
    charged: !accounted || usage !== null,
    accounted,
    reservedMicros,
    reportedMicros,
  });
  const isFree = !kept.picture && kept.costMicros === 0;
  const heldPictures = whole(row.held_pictures) ?? 0;
  const held: QuotaAmount = {
    pictures: kept.picture ? heldPictures : 0,
    costMicros: kept.costMicros,
  };

  await db
    .updateTable('generations')
    .set({
      held_pictures: held.pictures,
      held_cost_micros: held.costMicros,
      // What the model surely charged nothing for is known to have cost nothing.
      cost_micros: isFree ? 0 : reportedMicros,
    })
    .where('id', '=', row.id)
    .execute();
  await db
    .updateTable('people')
    .set((column) => ({ open: column('open', '-', 1) }))
    .where('user_id', '=', row.user_id)
    .execute();
  const change: QuotaAmount = {
    pictures: held.pictures - heldPictures,
    costMicros: held.costMicros - reservedMicros,
  };
  if (change.pictures !== 0 || change.costMicros !== 0) {
    const keys = counterKeys({ userId: row.user_id, guildId: row.guild_id, day: row.day });
    for (const key of keys) await adjustCounter(db, key, change);
  }
  await addToTotals(db, row, held.costMicros);
}
