import type { UpdateResult } from 'kysely';

/** Ids in one query; SQLite takes 32,766 parameters, and a start after a crash may find many. */
const MAX_IDS = 1_000;

/** The rows of all ids, asked for in several queries where there are many. */
export async function selectByIds<Row>(
  ids: readonly string[],
  select: (some: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let from = 0; from < ids.length; from += MAX_IDS) {
    rows.push(...(await select(ids.slice(from, from + MAX_IDS))));
  }
  return rows;
}

/** Whether an update by an id found its row in the state that it needs. */
export async function hasUpdated(update: {
  executeTakeFirstOrThrow(): Promise<UpdateResult>;
}): Promise<boolean> {
  return (await update.executeTakeFirstOrThrow()).numUpdatedRows === 1n;
}
