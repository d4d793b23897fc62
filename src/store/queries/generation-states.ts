import type { Kysely } from 'kysely';
import type { ImageFile } from '../../domain.ts';
import { costColumns } from '../schema/rows.ts';
import type { Schema, StoredState } from '../schema/schema.ts';
import type { GenerationCost } from '../types.ts';
import { type Conclusion, concludeGeneration } from './conclude-generation.ts';
import { hasUpdated } from './helpers.ts';

/**
 * What changes a generation's state. A change that the state does not allow does nothing and
 * returns false or null: someone else (a cancel, another process) was there first.
 */
// Over 80 lines: queries of a few lines each, which share nothing but the first one.
export function createGenerationStates(db: Kysely<Schema>, now: () => number) {
  const updateIn = (state: StoredState, id: string) =>
    db.updateTable('generations').where('id', '=', id).where('state', '=', state);

  return {
    /** `queued → running`: a run begins, and is counted in `runs`. */
    start: (id: string) =>
      hasUpdated(
        updateIn('queued', id).set((column) => ({
          state: 'running',
          started_at: now(),
          runs: column('runs', '+', 1),
        })),
      ),

    /** `running → queued`: the run ended with its process, and another may begin. */
    requeue: (id: string) => hasUpdated(updateIn('running', id).set({ state: 'queued' })),

    /**
     * Counts a request to the model, before it is sent; only a running generation may send one.
     * `firstAttemptAt` (epoch milliseconds) and the count are those of all its runs.
     */
    async countAttempt(id: string): Promise<{ attempts: number; firstAttemptAt: number } | null> {
      const at = now();
      const row = await updateIn('running', id)
        .set((column) => ({
          attempts: column('attempts', '+', 1),
          first_attempt_at: column.fn.coalesce('first_attempt_at', column.val(at)),
        }))
        .returning(['attempts', 'first_attempt_at'])
        .executeTakeFirst();
      if (row === undefined) return null;
      return { attempts: row.attempts, firstAttemptAt: row.first_attempt_at ?? at };
    },

    /** Notes what a request may cost that brought no picture, before the next one is sent. */
    async recordAttempt(
      id: string,
      { accounted, ...cost }: GenerationCost & { accounted: boolean },
    ): Promise<void> {
      await updateIn('running', id)
        .set((column) => ({
          accounted_attempts: column('accounted_attempts', '+', accounted ? 1 : 0),
          ...costColumns(cost),
        }))
        .execute();
    },

    /**
     * `running → received`: the picture is whole on disk. `accounted` is false where the request
     * that brought it told nothing of its tokens.
     */
    recordImage(
      id: string,
      received: GenerationCost & { image: ImageFile; accounted?: boolean },
    ): Promise<boolean> {
      const { image, accounted = received.usage !== null, ...cost } = received;
      const at = now();
      const update = updateIn('running', id).set((column) => ({
        state: 'developed',
        developed_at: at,
        // A clock that was set back in between says nothing of how long it took.
        develop_ms: column
          .case()
          .when('started_at', '<=', at)
          .then(column(column.val(at), '-', column.ref('started_at')))
          .else(null)
          .end(),
        image: JSON.stringify(image),
        accounted_attempts: column('accounted_attempts', '+', accounted ? 1 : 0),
        ...costColumns(cost),
      }));
      return hasUpdated(update);
    },

    /** Counts a delivery of a received picture, before it begins; returns their number. */
    async countDelivery(id: string): Promise<number | null> {
      const row = await updateIn('developed', id)
        .set((column) => ({ delivery_attempts: column('delivery_attempts', '+', 1) }))
        .returning('delivery_attempts')
        .executeTakeFirst();
      return row?.delivery_attempts ?? null;
    },

    /** Takes a delivery back that came to no end and did not end its process either. */
    async uncountDelivery(id: string): Promise<void> {
      await updateIn('developed', id)
        .set((column) => ({ delivery_attempts: column('delivery_attempts', '-', 1) }))
        .where('delivery_attempts', '>', 0)
        .execute();
    },

    /** Any open state to an end, once: settles quota, cost and totals in the same transaction. */
    conclude: (id: string, conclusion: Conclusion) => concludeGeneration(db, id, conclusion, now()),
  };
}
