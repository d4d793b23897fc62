import { type Kysely, type Selectable, sql } from 'kysely';
import type { RequestCommand } from '../../domain.ts';
import { toGeneration, toReplyFacts } from '../schema/rows.ts';
import type { GenerationsTable, Schema } from '../schema/schema.ts';
import type { ReplyFacts, StoredGeneration } from '../types.ts';

/** A person's picture, with the reply that it belongs to. */
export interface HistoryEntry {
  generation: StoredGeneration;
  reply: ReplyFacts;
  /** A small WebP; null where none was made. */
  thumbnail: Uint8Array | null;
}

/** An entry of somebody's history, from which a page goes on; the entry itself is left out. */
export interface HistoryCursor {
  createdAt: number;
  generationId: string;
}

/** Newest first; `newer` and `older` say whether there is more in that direction. */
export interface HistoryPage {
  entries: HistoryEntry[];
  newer: boolean;
  older: boolean;
}

/** What a person made before. */
export interface History {
  /**
   * Pictures of a person whose prompt is still kept, delivered or not: the newest ones, those
   * before a place (`older`), or those just after it (`newer`).
   */
  page(
    userId: string,
    options: { limit: number; older?: HistoryCursor; newer?: HistoryCursor },
  ): Promise<HistoryPage>;
  /**
   * What a generation was made from, its nearest origin first, at most 25 steps. Where the last
   * one's reply has an origin still, that one is no longer in the store (or is a step too far).
   */
  lineage(generationId: string): Promise<Omit<HistoryEntry, 'thumbnail'>[]>;
  /**
   * Distinct prompts of at most 100 characters that the person gave to a command lately, newest
   * first, that hold the words somewhere, in any case.
   */
  recentPrompts(
    userId: string,
    options: { command: RequestCommand; containing: string; limit: number },
  ): Promise<string[]>;
}

const MAX_STEPS = 25;

/** Discord's bound for a choice, in the units that JavaScript counts. */
const MAX_CHOICE_CHARS = 100;
/** How many prompts are looked through at a keystroke. */
const RECENT_PROMPTS = 300;

export function createHistoryQueries(db: Kysely<Schema>): History {
  return {
    page: (userId, options) => readPage(db, userId, options),
    lineage: (generationId) => readLineage(db, generationId),
    recentPrompts: (userId, options) => readRecentPrompts(db, userId, options),
  };
}

async function readPage(
  db: Kysely<Schema>,
  userId: string,
  { limit, older, newer }: Parameters<History['page']>[1],
): ReturnType<History['page']> {
  const direction = newer === undefined ? 'desc' : 'asc';
  const place = newer ?? older;
  const found = await db
    .selectFrom('generations')
    .selectAll()
    .where('user_id', '=', userId)
    .where('developed_at', 'is not', null)
    .where('prompt', 'is not', null)
    .$if(place !== undefined, (query) =>
      query.where(({ eb, refTuple, tuple }) =>
        eb(
          refTuple('created_at', 'id'),
          direction === 'asc' ? '>' : '<',
          tuple(place?.createdAt ?? 0, place?.generationId ?? ''),
        ),
      ),
    )
    .orderBy('created_at', direction)
    .orderBy('id', direction)
    // One more than is shown tells whether there is more.
    .limit(limit + 1)
    .execute();
  const shown = found.slice(0, limit);
  const more = found.length > limit;
  if (direction === 'asc') shown.reverse();
  const entries = await withReplies(db, shown);
  const thumbnails = await readThumbnails(db, shown);
  return {
    entries: entries.map((entry) => ({
      ...entry,
      thumbnail: thumbnails.get(entry.generation.id) ?? null,
    })),
    newer: direction === 'asc' ? more : older !== undefined,
    older: direction === 'asc' ? true : more,
  };
}

async function readLineage(
  db: Kysely<Schema>,
  generationId: string,
): ReturnType<History['lineage']> {
  const { rows } = await sql<{ generation_id: string }>`
        with recursive line (generation_id, step) as (
          select cast(${generationId} as text), 0
          union all
          select replies.origin_generation_id, line.step + 1
          from line
          join generations on generations.id = line.generation_id
          join replies on replies.id = generations.reply_id
          where replies.origin_generation_id is not null and line.step < ${MAX_STEPS}
        )
        select generation_id from line where step > 0 order by step`.execute(db);
  const ids = rows.map((row) => row.generation_id);
  if (ids.length === 0) return [];
  const found = await db.selectFrom('generations').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(found.map((row) => [row.id, row]));
  return withReplies(
    db,
    ids.flatMap((id) => byId.get(id) ?? []),
  );
}

async function readRecentPrompts(
  db: Kysely<Schema>,
  userId: string,
  { command, containing, limit }: Parameters<History['recentPrompts']>[1],
): Promise<string[]> {
  const rows = await db
    .selectFrom('generations')
    .innerJoin('replies', 'replies.id', 'generations.reply_id')
    .select('generations.prompt')
    .where('generations.user_id', '=', userId)
    // The very words of the index, which holds only these.
    .where(sql<boolean>`length(generations.prompt) <= 100`)
    .where('replies.command', '=', command)
    .orderBy('generations.created_at', 'desc')
    .limit(RECENT_PROMPTS)
    .execute();
  // Upper and lower case of all languages: databases disagree on those, and SQLite knows ASCII.
  const words = containing.trim().toLocaleLowerCase();
  const prompts = new Set<string>();
  for (const { prompt } of rows) {
    if (prompts.size === limit) break;
    if (prompt === null || prompt.length > MAX_CHOICE_CHARS) continue;
    if (prompt.toLocaleLowerCase().includes(words)) prompts.add(prompt);
  }
  return [...prompts];
}

async function withReplies(db: Kysely<Schema>, rows: Selectable<GenerationsTable>[]) {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map((row) => row.reply_id))];
  const replies = await db.selectFrom('replies').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(replies.map((reply) => [reply.id, toReplyFacts(reply)]));
  return rows.flatMap((row) => {
    const reply = byId.get(row.reply_id);
    return reply === undefined ? [] : [{ generation: toGeneration(row), reply }];
  });
}

async function readThumbnails(db: Kysely<Schema>, of: { id: string }[]) {
  if (of.length === 0) return new Map<string, Uint8Array>();
  const ids = of.map(({ id }) => id);
  const rows = await db
    .selectFrom('thumbnails')
    .selectAll()
    .where('generation_id', 'in', ids)
    .execute();
  return new Map(rows.map((row) => [row.generation_id, row.image]));
}
