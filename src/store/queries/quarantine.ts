import type { Kysely } from 'kysely';
import { parseReferences, parseReplyTarget } from '../schema/json.ts';
import { toGeneration } from '../schema/rows.ts';
import type { Schema } from '../schema/schema.ts';
import { concludeGeneration } from './conclude-generation.ts';

/** What could not be read and is out of the way now. */
export interface Quarantined {
  /** Ids of replies that nothing can be told any more: their generations ended, and they closed. */
  replies: string[];
  /** Ids of open generations that are damaged; `recover` ends them, and their replies say so. */
  generations: string[];
  /** Answers that were owed to an interaction, and forms that were open. */
  deferrals: number;
  selections: number;
}

/**
 * Looks through what a start goes on with, and takes what cannot be read out of it, so that one bad row
 * never stops the rest.
 */
export async function quarantineUnreadable(db: Kysely<Schema>, now: number): Promise<Quarantined> {
  return {
    replies: await closeReplies(db, now),
    generations: await findDamaged(db),
    deferrals: await dropDeferrals(db),
    selections: await dropSelections(db),
  };
}

/** Those whose message cannot be reached, or whose request is gone, whatever is tried. */
async function closeReplies(db: Kysely<Schema>, now: number): Promise<string[]> {
  const rows = await db
    .selectFrom('replies')
    .select(['id', 'target'])
    .where('settled_at', 'is', null)
    .execute();
  const lacking = await db
    .selectFrom('generations')
    .innerJoin('replies', 'replies.id', 'generations.reply_id')
    .select('replies.id')
    .where('replies.settled_at', 'is', null)
    .where(({ eb, or }) => or([eb('prompt', 'is', null), eb('reference_files', 'is', null)]))
    .execute();
  const withoutRequest = new Set(lacking.map(({ id }) => id));
  const unreadable = rows.filter(
    ({ id, target }) => parseReplyTarget(target) === null || withoutRequest.has(id),
  );
  for (const { id } of unreadable) {
    const open = await db
      .selectFrom('generations')
      .select('id')
      .where('reply_id', '=', id)
      .where('concluded_at', 'is', null)
      .execute();
    const failure = { kind: 'internal', details: { problem: 'damaged' } } as const;
    for (const generation of open) {
      await concludeGeneration(db, generation.id, { state: 'failed', failure }, now);
    }
    await db
      .updateTable('replies')
      .set({ settled_at: now, target: null })
      .where('id', '=', id)
      .execute();
  }
  return unreadable.map(({ id }) => id);
}

async function findDamaged(db: Kysely<Schema>): Promise<string[]> {
  const rows = await db
    .selectFrom('generations')
    .selectAll()
    .where('concluded_at', 'is', null)
    .execute();
  return rows.filter((row) => toGeneration(row).damaged).map(({ id }) => id);
}

async function dropDeferrals(db: Kysely<Schema>): Promise<number> {
  const rows = await db.selectFrom('deferrals').select(['interaction_token', 'target']).execute();
  const unreadable = rows.filter(({ target }) => parseReplyTarget(target) === null);
  for (const { interaction_token: token } of unreadable) {
    await db.deleteFrom('deferrals').where('interaction_token', '=', token).execute();
  }
  return unreadable.length;
}

async function dropSelections(db: Kysely<Schema>): Promise<number> {
  const rows = await db.selectFrom('selections').select(['id', 'reference_files']).execute();
  const unreadable = rows.filter((row) => parseReferences(row.reference_files) === null);
  for (const { id } of unreadable) {
    await db.deleteFrom('selections').where('id', '=', id).execute();
  }
  return unreadable.length;
}
