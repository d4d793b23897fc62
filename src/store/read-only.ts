import { Kysely } from 'kysely';
import { createGenerationQueries, type Generations } from './queries/generations.ts';
import { findDamage } from './queries/integrity.ts';
import { createReplyQueries, type Replies } from './queries/replies.ts';
import { countPending } from './schema/migrate.ts';
import type { Schema } from './schema/schema.ts';
import { openSqliteReadOnly } from './sqlite/open-sqlite.ts';

/** A store that is only looked at, beside the bot that writes it. */
export interface ReadOnlyStore {
  replies: Pick<Replies, 'get' | 'findByMessage'>;
  generations: Pick<Generations, 'get' | 'transcript'>;
  /** Generations in all, and those that have not ended. */
  count(): Promise<{ generations: number; open: number }>;
  integrity(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Opens an existing store without changing anything, its version included.
 *
 * @throws Error when there is none, when it is none, and when it was written by another version
 *   of Darkroom; the message says what to do.
 */
export async function openReadOnlyStore(file: string): Promise<ReadOnlyStore> {
  const engine = openSqliteReadOnly(file);
  const anyVersion = new Kysely<unknown>({ dialect: engine.dialect });
  try {
    const pending = await countPending(anyVersion, file);
    if (pending > 0) {
      throw new Error(
        `The database ${file} is of an earlier version. The next start of the bot brings it to this one.`,
      );
    }
  } catch (error) {
    await anyVersion.destroy();
    throw error;
  }
  const db = anyVersion.$extendTables<Schema>();
  // Nothing that is offered here asks for the time.
  const replies = createReplyQueries(db, Date.now);
  const generations = createGenerationQueries(db, Date.now);
  return {
    replies,
    generations,
    async count() {
      const { generations, open } = await db
        .selectFrom('generations')
        .select(({ fn }) => [
          fn.countAll<number>().as('generations'),
          fn.countAll<number>().filterWhere('concluded_at', 'is', null).as('open'),
        ])
        .executeTakeFirstOrThrow();
      return { generations, open };
    },
    integrity: () => findDamage(engine, db),
    close: () => db.destroy(),
  };
}
