import type { Kysely } from 'kysely';
import type { ImageSize, ModelKey } from '../../domain.ts';
import { whole } from '../schema/numbers.ts';
import { toGeneration } from '../schema/rows.ts';
import type { Schema } from '../schema/schema.ts';
import type { StoredGeneration } from '../types.ts';
import { createGenerationStates } from './generation-states.ts';
import { selectByIds } from './helpers.ts';

/** How many of the newest pictures the usual duration is the median of, and the fewest that do. */
const USUAL = { newest: 51, fewest: 3 } as const;

/** A thumbnail is a small WebP; more than this is a mistake of the caller's. */
const MAX_THUMBNAIL_BYTES = 256 * 1_024;

/** Generations: their states, and what is kept of each. */
export type Generations = ReturnType<typeof createGenerationQueries>;

export function createGenerationQueries(db: Kysely<Schema>, now: () => number) {
  return {
    ...createGenerationStates(db, now),

    async get(id: string): Promise<StoredGeneration | null> {
      const row = await db
        .selectFrom('generations')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row === undefined ? null : toGeneration(row);
    },

    /** The model's thinking; null where none was kept, or when retention erased it. */
    async transcript(id: string): Promise<string | null> {
      const row = await db
        .selectFrom('transcripts')
        .select('text')
        .where('generation_id', '=', id)
        .executeTakeFirst();
      return row?.text ?? null;
    },

    /** Keeps a small picture for `/history`. Throws `RangeError` over 256 KiB. */
    async saveThumbnail(id: string, webp: Uint8Array): Promise<void> {
      if (webp.byteLength > MAX_THUMBNAIL_BYTES) {
        throw new RangeError(`a thumbnail of ${webp.byteLength} bytes is too large`);
      }
      await db
        .insertInto('thumbnails')
        .values({ generation_id: id, image: webp })
        .onConflict((conflict) => conflict.column('generation_id').doUpdateSet({ image: webp }))
        .execute();
    },

    /**
     * The usual time from the start of a run to its whole picture: the median of the newest ones
     * of this model and size; null until there are three.
     */
    async usualDurationMs(model: ModelKey, size: ImageSize): Promise<number | null> {
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

    /** When each of these ended, null for those that have not; ids that it does not know are left out. */
    async endTimes(ids: readonly string[]): Promise<Map<string, number | null>> {
      const rows = await selectByIds(ids, (some) =>
        db
          .selectFrom('generations')
          .select(['id', 'concluded_at'])
          .where('id', 'in', some)
          .execute(),
      );
      return new Map(rows.map((row) => [row.id, whole(row.concluded_at)]));
    },
  };
}
