import type { Kysely, Selectable } from 'kysely';
import type { EndState, OpenState, Usage } from '../domain.ts';
import { correctShare, counterKeys, type Share } from './counters.ts';
import { toUsage, usageColumns } from './rows.ts';
import type { GenerationsTable, Schema } from './schema.ts';
import { addToTotals } from './totals.ts';
import type { DeliveredAttachment, StoredFailure } from './types.ts';

/** How a generation ended. What is left out stays as the ledger has it. */
export interface Conclusion {
  /** `delivered` takes a developed picture; the others end any open state. */
  state: EndState;
  failure?: StoredFailure;
  /** What the model said of tokens, for an end without a developed picture. */
  usage?: Usage | null;
  /** What that cost; where it is not known, what was reserved stands for it. */
  costMicros?: number | null;
  /**
   * Whether an answer carried image bytes though no picture was developed. Where that is not
   * known (a crash in mid-answer), true is the careful choice: the share is kept then.
   */
  imageArrived?: boolean;
  /** The model's thinking; its last 200,000 characters are kept. */
  transcript?: string;
  attachment?: DeliveredAttachment;
}

const MAX_TRANSCRIPT_CHARS = 200_000;

/** From where each end may come. */
const OPEN: OpenState[] = ['queued', 'running', 'developed'];
const FROM: Record<EndState, OpenState[]> = {
  delivered: ['developed'],
  failed: OPEN,
  cancelled: OPEN,
  interrupted: OPEN,
};

/** Ends a generation, once; returns whether it was this call that did. */
export async function conclude(
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
    await settleShare(transaction, row, conclusion);
    if (transcript !== undefined && transcript !== '') {
      const text = transcript.slice(-MAX_TRANSCRIPT_CHARS);
      await transaction.insertInto('transcripts').values({ generation_id: id, text }).execute();
    }
    return true;
  });
}

/** Corrects what the generation holds of its day to what it took, and adds it to the totals. */
async function settleShare(
  db: Kysely<Schema>,
  row: Selectable<GenerationsTable>,
  conclusion: Conclusion,
): Promise<void> {
  const usage = conclusion.usage ?? toUsage(row);
  const costMicros = conclusion.costMicros ?? row.cost_micros;
  const developed = row.developed_at !== null;
  const answered = conclusion.imageArrived === true || !isEmpty(usage);
  const spent = developed || (row.attempts > 0 && answered);
  const held: Share = spent
    ? { pictures: row.held_pictures, costMicros: costMicros ?? row.held_cost_micros }
    : { pictures: 0, costMicros: 0 };

  await db
    .updateTable('generations')
    .set({
      held_pictures: held.pictures,
      held_cost_micros: held.costMicros,
      // What was never asked of the model is known to have cost nothing.
      cost_micros: spent ? costMicros : 0,
      ...usageColumns(usage),
    })
    .where('id', '=', row.id)
    .execute();
  await db
    .updateTable('people')
    .set((column) => ({ open: column('open', '-', 1) }))
    .where('user_id', '=', row.user_id)
    .execute();
  const by: Share = {
    pictures: held.pictures - row.held_pictures,
    costMicros: held.costMicros - row.held_cost_micros,
  };
  const of = { userId: row.user_id, guildId: row.guild_id, day: row.day };
  if (by.pictures !== 0 || by.costMicros !== 0) {
    for (const key of counterKeys(of)) await correctShare(db, key, by);
  }
  await addToTotals(db, {
    ...of,
    model: row.model,
    outcome: developed ? 'picture' : row.state === 'cancelled' ? 'cancelled' : 'failure',
    usage,
    costMicros: held.costMicros,
  });
}

function isEmpty(usage: Usage | null): boolean {
  return usage === null || Object.values(usage).every((tokens) => tokens === null);
}
