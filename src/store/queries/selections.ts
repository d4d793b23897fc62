import type { Kysely } from 'kysely';
import type { Reference } from '../../domain.ts';
import { parseReferences, serializeReferences } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';

/** A form stays open for as long as its person lets it; nobody comes back to one after a day. */
const KEEP_MS = 86_400_000;

/**
 * Pictures that a person pointed at in a message. The form that follows knows nothing of that
 * message, and Discord would not show it to the bot again.
 */
export function createSelectionQueries(db: Kysely<Schema>, now: () => number) {
  const underWay = new Map<string, Promise<void>>();

  async function write(id: string, userId: string, references: Reference[]): Promise<void> {
    const at = now();
    await db
      .deleteFrom('selections')
      .where('created_at', '<', at - KEEP_MS)
      .execute();
    await db
      .updateTable('selections')
      .set({ created_at: at })
      .where('created_at', '>', at)
      .execute();
    await db
      .insertInto('selections')
      .values({
        id,
        user_id: userId,
        reference_files: serializeReferences(references),
        created_at: now(),
      })
      .execute();
  }

  return {
    async put(id: string, userId: string, references: Reference[]): Promise<void> {
      const writing = write(id, userId, references);
      underWay.set(id, writing);
      await writing.finally(() => underWay.delete(id));
    },
    /**
     * What this person pointed at; null where it is too long ago, or was somebody else. Waits for a
     * `put` that is under way in this process: a form may be filled in faster than a locked store.
     */
    async get(id: string, userId: string): Promise<Reference[] | null> {
      await underWay.get(id);
      const row = await db
        .selectFrom('selections')
        .select('reference_files')
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where('created_at', '>=', now() - KEEP_MS)
        .executeTakeFirst();
      return parseReferences(row?.reference_files)?.references ?? null;
    },
  };
}
