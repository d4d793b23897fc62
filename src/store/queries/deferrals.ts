import type { Kysely } from 'kysely';
import type { ReplyTarget } from '../../domain.ts';
import { parseReplyTarget } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';

/**
 * Interactions between their acknowledgement and their answer. Whoever reads "thinking…" is owed
 * an end, even by a process that dies before it wrote anything else down.
 */
export type Deferrals = ReturnType<typeof createDeferralQueries>;

export function createDeferralQueries(db: Kysely<Schema>, now: () => number) {
  return {
    /** To be called before the acknowledgement is sent. */
    async note(target: ReplyTarget): Promise<void> {
      await db
        .insertInto('deferrals')
        .values({
          interaction_token: target.interactionToken,
          target: JSON.stringify(target),
          deferred_at: now(),
        })
        .onConflict((conflict) => conflict.column('interaction_token').doNothing())
        .execute();
    },
    /** The answer was given. Admission does this by itself for the replies that it writes. */
    clear: (interactionToken: string) => clearDeferral(db, interactionToken),
    /** What an earlier process owes. */
    async list(): Promise<ReplyTarget[]> {
      const rows = await db
        .selectFrom('deferrals')
        .select('target')
        .orderBy('deferred_at')
        .execute();
      return rows.flatMap(({ target }) => parseReplyTarget(target) ?? []);
    },
  };
}

export async function clearDeferral(db: Kysely<Schema>, interactionToken: string): Promise<void> {
  await db.deleteFrom('deferrals').where('interaction_token', '=', interactionToken).execute();
}
