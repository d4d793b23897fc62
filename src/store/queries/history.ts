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

interface PageOptions {
  limit: number;
  older?: HistoryCursor;
  newer?: HistoryCursor;
}

/** Newest first; `newer` and `older` say whether there is more in that direction. */
export interface HistoryPage {
  entries: HistoryEntry[];
  newer: boolean;
  older: boolean;
}

const MAX_STEPS = 25;

/** Discord's bound for a choice, in the units that JavaScript counts. */
const MAX_CHOICE_CHARS = 100;
/** How many prompts are looked through at a keystroke. */
const RECENT_PROMPTS = 300;

/** What a person made before. */
export function createHistoryQueries(db: Kysely<Schema>) {
  return {
    /**
     * Pictures of a person whose prompt is still kept, delivered or not: the newest ones, those
     * before a place (`older`), or those just after it (`newer`).
     */
    page: (userId: string, options: PageOptions) => readPage(db, userId, options),

    /**
     * What a generation was made from, its nearest origin first, at most 25 steps. Where the last
     * one's reply has an origin still, that one is no longer in the store (or is a step too far).
     */
    async lineage(generationId: string): Promise<Omit<HistoryEntry, 'thumbnail'>[]> {
      const { rows } = await sql<Selectable<GenerationsTable>>`
        with recursive line (generation_id, step) as (
          select cast(${generationId} as text), 0
          union all
          select replies.origin_generation_id, line.step + 1
          from line
          join generations on generations.id = line.generation_id
          join replies on replies.id = generations.reply_id
          where replies.origin_generation_id is not null and line.step < ${MAX_STEPS}
        )
        select generations.* from line join generations on generations.id = line.generation_id
        where line.step > 0 order by line.step`.execute(db);
      return withReplies(db, rows);
    },

    /**
     * Distinct prompts of at most 100 characters that the person gave to a command lately, newest
     * first, that hold the words somewhere, in any case.
     */
    async recentPrompts(
      userId: string,
      options: { command: RequestCommand; containing: string; limit: number },
    ): Promise<string[]> {
      const rows = await db
        .selectFrom('generations')
        .innerJoin('replies', 'replies.id', 'generations.reply_id')
        .select('generations.prompt')
        .where('generations.user_id', '=', userId)
        // The very words of the index, which holds only these.
        .where(sql<boolean>`length(generations.prompt) <= 100`)
        .where('replies.command', '=', options.command)
        .orderBy('generations.created_at', 'desc')
        .limit(RECENT_PROMPTS)
        .execute();
      // Upper and lower case of all languages: databases disagree on those, and SQLite knows ASCII.
      const words = options.containing.trim().toLocaleLowerCase();
      const fitting = rows.flatMap(({ prompt }) =>
        prompt !== null &&
        prompt.length <= MAX_CHOICE_CHARS &&
        prompt.toLocaleLowerCase().includes(words)
          ? [prompt]
          : [],
      );
      return [...new Set(fitting)].slice(0, options.limit);
    },
  };
}

async function readPage(
  db: Kysely<Schema>,
  userId: string,
  { limit, older, newer }: PageOptions,
): Promise<HistoryPage> {
  const direction = newer === undefined ? 'desc' : 'asc';
  const place = newer ?? older;
  const found = await db
    .selectFrom('generations')
    .leftJoin('thumbnails', 'thumbnails.generation_id', 'generations.id')
    .selectAll('generations')
    .select('thumbnails.image as thumbnail')
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
  return {
    entries: await withReplies(db, shown),
    newer: direction === 'asc' ? more : older !== undefined,
    older: direction === 'asc' ? true : more,
  };
}

async function withReplies(
  db: Kysely<Schema>,
  rows: (Selectable<GenerationsTable> & { thumbnail?: Uint8Array | null })[],
): Promise<HistoryEntry[]> {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map((row) => row.reply_id))];
  const replies = await db.selectFrom('replies').selectAll().where('id', 'in', ids).execute();
  const byId = new Map(replies.map((reply) => [reply.id, toReplyFacts(reply)]));
  return rows.flatMap(({ thumbnail = null, ...row }) => {
    const reply = byId.get(row.reply_id);
    return reply === undefined ? [] : [{ generation: toGeneration(row), reply, thumbnail }];
  });
}
