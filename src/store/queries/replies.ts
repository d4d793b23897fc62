import type { Kysely } from 'kysely';
import type { Refusal } from '../../domain.ts';
import { toReply } from '../schema/rows.ts';
import type { Schema } from '../schema/schema.ts';
import type { Admission, AdmissionLimits, NewReply, OpenReply, StoredReply } from '../types.ts';
import { admitReply, findRefusal } from './admit-reply.ts';
import { hasUpdated, selectByIds } from './helpers.ts';

/** Replies: one message on Discord each, with one to four generations. */
export interface Replies {
  /**
   * Checks every limit, reserves quota and writes the reply, in one transaction; a refused one
   * leaves no trace. Throws when the reply's id or a generation's is in the store already, and
   * `RangeError` for none or more than four generations.
   */
  admit(reply: NewReply, limits: AdmissionLimits): Promise<Admission>;
  /** The limit that is in the way of a reply now; null when there is none. Changes nothing. */
  findRefusal(reply: NewReply, limits: AdmissionLimits): Promise<Refusal | null>;
  get(id: string): Promise<StoredReply | null>;
  findByMessage(messageId: string): Promise<StoredReply | null>;
  /**
   * Replies whose last state was not shown yet, oldest first; of one user, or of all. Their
   * generations may have ended: then only the telling is left.
   */
  unsettled(userId?: string): Promise<OpenReply[]>;
  /**
   * Notes where the reply stands; null when that message was deleted. `isPrivate` where Discord
   * shows it to its person alone, which it may decide by itself.
   */
  setMessage(id: string, messageId: string | null, isPrivate?: boolean): Promise<void>;
  /**
   * The person has seen the last state: the reply is closed and its token erased. False, and
   * nothing changes, while a generation has not ended, and for a reply that is settled already.
   */
  settle(id: string): Promise<boolean>;
}

export function createReplyQueries(db: Kysely<Schema>, now: () => number): Replies {
  return {
    admit: (reply, limits) => admitReply(db, reply, limits),
    findRefusal: (reply, limits) => findRefusal(db, reply, limits),

    async get(id) {
      const rows = await db.selectFrom('replies').selectAll().where('id', '=', id).execute();
      return (await withGenerations(db, rows))[0] ?? null;
    },

    async findByMessage(messageId) {
      const rows = await db
        .selectFrom('replies')
        .selectAll()
        .where('message_id', '=', messageId)
        .orderBy('created_at', 'desc')
        .limit(1)
        .execute();
      return (await withGenerations(db, rows))[0] ?? null;
    },

    async unsettled(userId) {
      const rows = await db
        .selectFrom('replies')
        .selectAll()
        .where('settled_at', 'is', null)
        .$if(userId !== undefined, (query) => query.where('user_id', '=', userId ?? ''))
        .orderBy('created_at')
        .execute();
      const replies = await withGenerations(db, rows);
      return replies.filter(isOpen);
    },

    async setMessage(id, messageId, isPrivate = false) {
      const change = { message_id: messageId, ...(isPrivate ? { ephemeral: 1 } : {}) };
      await db.updateTable('replies').set(change).where('id', '=', id).execute();
    },

    settle(id) {
      const update = db
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
        );
      return hasUpdated(update);
    },
  };
}

async function withGenerations(
  db: Kysely<Schema>,
  rows: Parameters<typeof toReply>[0][],
): Promise<StoredReply[]> {
  const byReply = new Map<string, Parameters<typeof toReply>[1]>(rows.map(({ id }) => [id, []]));
  const generations = await selectByIds([...byReply.keys()], (some) =>
    db
      .selectFrom('generations')
      .selectAll()
      .where('reply_id', 'in', some)
      .orderBy('reply_id')
      .orderBy('position')
      .execute(),
  );
  for (const generation of generations) byReply.get(generation.reply_id)?.push(generation);
  return rows.map((row) => toReply(row, byReply.get(row.id) ?? []));
}

function isOpen(reply: StoredReply): reply is OpenReply {
  return reply.target !== null && reply.generations.every(({ request }) => request !== null);
}
