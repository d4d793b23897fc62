import type { Kysely } from 'kysely';
import type { ImageFile, ImageSize, ModelKey } from '../../domain.ts';
import { whole } from '../schema/numbers.ts';
import { costColumns, toGeneration } from '../schema/rows.ts';
import type { Schema } from '../schema/schema.ts';
import type { GenerationCost, StoredGeneration } from '../types.ts';
import { type Conclusion, concludeGeneration } from './conclude-generation.ts';

/** How many of the newest pictures speak for what is usual, and the fewest that do. */
const USUAL = { newest: 51, fewest: 3 } as const;

/** A thumbnail is a small WebP; more than this is a mistake of the caller's. */
const MAX_THUMBNAIL_BYTES = 256 * 1_024;

/** Ids in one query. */
const MAX_IDS = 500;

/**
 * Generations and their states. A move that the state does not allow changes nothing and returns
 * false or null: someone else (a cancel, another process) was there first.
 */
export interface Generations {
  get(id: string): Promise<StoredGeneration | null>;
  /** `queued → running`: a run begins, and is counted in `runs`. */
  start(id: string): Promise<boolean>;
  /** `running → queued`: the run ended with its process, and another may begin. */
  requeue(id: string): Promise<boolean>;
  /**
   * Counts a request to the model, before it is sent; only a running generation may send one.
   * `firstAttemptAt` (epoch milliseconds) and the count are those of all its runs.
   */
  countAttempt(id: string): Promise<{ attempts: number; firstAttemptAt: number } | null>;
  /** Notes what a request may cost that brought no picture, before the next one is sent. */
  recordAttempt(id: string, account: GenerationCost & { accounted: boolean }): Promise<void>;
  /**
   * `running → received`: the picture is whole on disk. `accounted` is false where the request
   * that brought it told nothing of its tokens.
   */
  recordImage(
    id: string,
    received: GenerationCost & { image: ImageFile; accounted?: boolean },
  ): Promise<boolean>;
  /** Counts a delivery of a received picture, before it begins; returns their number. */
  countDelivery(id: string): Promise<number | null>;
  /** Takes a delivery back that came to no end and did not end its process either. */
  uncountDelivery(id: string): Promise<void>;
  /** Any open state to an end, once: settles share, cost and totals in the same transaction. */
  conclude(id: string, conclusion: Conclusion): Promise<boolean>;
  /** The model's thinking; null where none was kept, or when retention erased it. */
  transcript(id: string): Promise<string | null>;
  /** Keeps a small picture for `/history`. Throws `RangeError` over 256 KiB. */
  saveThumbnail(id: string, webp: Uint8Array): Promise<void>;
  /**
   * The usual time from the start of a run to its whole picture: the median of the newest ones
   * of this model and size; null until there are three.
   */
  usualDurationMs(model: ModelKey, size: ImageSize): Promise<number | null>;
  /** When each of these ended, null for those that have not; ids that it does not know are left out. */
  endTimes(ids: readonly string[]): Promise<Map<string, number | null>>;
}

export function createGenerationQueries(db: Kysely<Schema>, now: () => number): Generations {
  return {
    async get(id) {
      const row = await db
        .selectFrom('generations')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toGeneration(row);
    },

    async start(id) {
      const { numUpdatedRows } = await db
        .updateTable('generations')
        .set((column) => ({
          state: 'running',
          started_at: now(),
          runs: column('runs', '+', 1),
        }))
        .where('id', '=', id)
        .where('state', '=', 'queued')
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },

    async requeue(id) {
      const { numUpdatedRows } = await db
        .updateTable('generations')
        .set({ state: 'queued' })
        .where('id', '=', id)
        .where('state', '=', 'running')
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },

    async countAttempt(id) {
      const at = now();
      const row = await db
        .updateTable('generations')
        .set((column) => ({
          attempts: column('attempts', '+', 1),
          first_attempt_at: column.fn.coalesce('first_attempt_at', column.val(at)),
        }))
        .where('id', '=', id)
        .where('state', '=', 'running')
        .returning(['attempts', 'first_attempt_at'])
        .executeTakeFirst();
      if (row === undefined) return null;
      return { attempts: row.attempts, firstAttemptAt: row.first_attempt_at ?? at };
    },

    async recordAttempt(id, { accounted, ...account }) {
      await db
        .updateTable('generations')
        .set((column) => ({
          accounted_attempts: column('accounted_attempts', '+', accounted ? 1 : 0),
          ...costColumns(account),
        }))
        .where('id', '=', id)
        .where('state', '=', 'running')
        .execute();
    },

    async recordImage(id, { image, accounted, ...account }) {
      const at = now();
      const isAccounted = accounted ?? account.usage !== null;
      const { numUpdatedRows } = await db
        .updateTable('generations')
        .set((column) => ({
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
          accounted_attempts: column('accounted_attempts', '+', isAccounted ? 1 : 0),
          ...costColumns(account),
        }))
        .where('id', '=', id)
        .where('state', '=', 'running')
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    },

    async countDelivery(id) {
      const row = await db
        .updateTable('generations')
        .set((column) => ({ delivery_attempts: column('delivery_attempts', '+', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'developed')
        .returning('delivery_attempts')
        .executeTakeFirst();
      return row?.delivery_attempts ?? null;
    },

    async uncountDelivery(id) {
      await db
        .updateTable('generations')
        .set((column) => ({ delivery_attempts: column('delivery_attempts', '-', 1) }))
        .where('id', '=', id)
        .where('state', '=', 'developed')
        .where('delivery_attempts', '>', 0)
        .execute();
    },

    conclude: (id, conclusion) => concludeGeneration(db, id, conclusion, now()),

    async transcript(id) {
      const row = await db
        .selectFrom('transcripts')
        .select('text')
        .where('generation_id', '=', id)
        .executeTakeFirst();
      return row?.text ?? null;
    },

    async saveThumbnail(id, webp) {
      if (webp.byteLength > MAX_THUMBNAIL_BYTES) {
        throw new RangeError(`a thumbnail of ${webp.byteLength} bytes is too large`);
      }
      await db
        .insertInto('thumbnails')
        .values({ generation_id: id, image: webp })
        .onConflict((conflict) => conflict.column('generation_id').doUpdateSet({ image: webp }))
        .execute();
    },

    async usualDurationMs(model, size) {
      const rows = await db
        .selectFrom('generations')
        .select('develop_ms')
        .where('model', '=', model)
        .where('size', '=', size)
        .where('develop_ms', 'is not', null)
        .orderBy('developed_at', 'desc')
        .limit(USUAL.newest)
        .execute();
      if (rows.length < USUAL.fewest) return null;
      const durations = rows.map((row) => row.develop_ms ?? 0).sort((a, b) => a - b);
      return durations[Math.floor(durations.length / 2)] ?? null;
    },

    async endTimes(ids) {
      const ends = new Map<string, number | null>();
      for (let from = 0; from < ids.length; from += MAX_IDS) {
        const rows = await db
          .selectFrom('generations')
          .select(['id', 'concluded_at'])
          .where('id', 'in', ids.slice(from, from + MAX_IDS))
          .execute();
        for (const row of rows) ends.set(row.id, whole(row.concluded_at));
      }
      return ends;
    },
  };
}
