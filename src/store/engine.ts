import type { Dialect, QueryExecutorProvider } from 'kysely';

/**
 * The database under the queries: what SQL alone cannot do. `sqlite/` is one; another stands beside
 * it, and the queries know neither.
 */
export interface Engine {
  dialect: Dialect;
  /** Damage of the database itself, a sentence each; empty when it is sound. Reads everything. */
  findDamage(db: QueryExecutorProvider): Promise<string[]>;
}

/** An engine whose database the store writes. */
export interface WritableEngine extends Engine {
  /** Takes what was deleted out of the database's log as well; later, where that must wait. */
  compact(): void;
  /** Writes, to no effect; rejects with why the database cannot be written now. */
  checkWritable(): Promise<void>;
  /** Ends what works in the background; to be awaited before the dialect's connections are closed. */
  stop(): Promise<void>;
}
