import type { Kysely, Selectable } from 'kysely';
import { toReply } from '../schema/rows.ts';
import type { RepliesTable, Schema } from '../schema/schema.ts';
import type { AdmissionLimits, NewReply, OpenReply, StoredReply } from '../types.ts';
import { admitReply, findRefusal } from './admit-reply.ts';
import { hasUpdated, selectByIds } from './helpers.ts';

/** Replies: one message on Discord each, with one to four generations. */
export type Replies = ReturnType<typeof createReplyQueries>;

export function createReplyQueries(db: Kysely<Schema>, now: () => number) {
  const select = db.selectFrom('replies').selectAll();
  return {
    /**
     * Checks every limit, reserves quota and writes the reply, in one transaction; a refused one
     * leaves no trace. Throws when the reply's id or a generation's is in the store already, and
     * `RangeError` for none or more than four generations.
     */
    admit: (reply: NewReply, limits: AdmissionLimits) => admitReply(db, reply, limits),

    /** The limit that is in the way of a reply now; null when there is none. Changes nothing. */
    findRefusal: (reply: NewReply, limits: AdmissionLimits) => findRefusal(db, reply, limits),

    async get(id: string): Promise<StoredReply | null> {
      const [reply] = await withGenerations(db, await select.where('id', '=', id).execute());
      return reply ?? null;
    },

    async findByMessage(messageId: string): Promise<StoredReply | null> {
      const newest = select
        .where('message_id', '=', messageId)
        .orderBy('created_at', 'desc')
        .limit(1);
      const [reply] = await withGenerations(db, await newest.execute());
      return reply ?? null;
    },

    /**
     * Replies whose last state was not shown yet, oldest first; of one user, or of all. Their
     * generations may have ended: then only the telling is left.
     */
    async unsettled(userId?: string): Promise<OpenReply[]> {
      const rows = await select
        .where('settled_at', 'is', null)
        .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
        .orderBy('created_at')
        .execute();
      return (await withGenerations(db, rows)).filter(isOpen);
    },

    /**
     * Notes where the reply stands; null when that message was deleted. `isPrivate` where Discord
     * shows it to its person alone, which it may decide by itself.
     */
    async setMessage(id: string, messageId: string | null, isPrivate = false): Promise<void> {
      const change = { message_id: messageId, ...(isPrivate ? { ephemeral: 1 } : {}) };
      await db.updateTable('replies').set(change).where('id', '=', id).execute();
    },

    /**
     * The person has seen the last state: the reply is closed and its token erased. False, and
     * nothing changes, while a generation has not ended, and for a reply that is settled already.
     */
    settle: (id: string) =>
      hasUpdated(
        db
          .updateTable('replies')
          .set({ settled_at: now(), target: null })
          .where('id', '=', id)
          .where('settled_at', 'is', null)
          .where(({ not, exists, selectFrom }) =>
            not(
              exists(
                selectFrom('generations')
                  .select('generations.id')
                  .whereRef('generations.reply_id', '=', 'replies.id')
                  .where('generations.concluded_at', 'is', null),
              ),
            ),
          ),
      ),
  };
}

async function withGenerations(
  db: Kysely<Schema>,
  rows: Selectable<RepliesTable>[],
): Promise<StoredReply[]> {
  const generations = await selectByIds(
    rows.map(({ id }) => id),
    (some) =>
      db
        .selectFrom('generations')
        .selectAll()
        .where('reply_id', 'in', some)
        .orderBy('reply_id')
        .orderBy('position')
        .execute(),
  );
  const byReply = Map.groupBy(generations, (generation) => generation.reply_id);
  return rows.map((row) => toReply(row, byReply.get(row.id) ?? []));
}

function isOpen(reply: StoredReply): reply is OpenReply {
  return reply.target !== null && reply.generations.every(({ request }) => request !== null);
}
