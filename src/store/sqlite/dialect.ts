import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextEventLoopTurn } from 'node:timers/promises';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { Semaphore } from '../../async/semaphore.ts';
import { retryWhileLocked } from './retry-while-locked.ts';
import { Statements } from './statements.ts';

/** After this much work without a pause the event loop gets a turn. */
const YIELD_EVERY_MS = 10;

const BEGIN = CompiledQuery.raw('begin immediate');
const COMMIT = CompiledQuery.raw('commit');
const ROLLBACK = CompiledQuery.raw('rollback');

/**
 * Kysely over the SQLite that comes with Node, whose statements take and tell things in another
 * way than those Kysely's own dialect expects.
 *
 * @param reader another connection to the same file: what only reads goes by it outside of
 *   transactions, and so never waits for anybody who writes. WAL gives it what was last committed.
 */
export function createSqliteDialect(database: DatabaseSync, reader?: DatabaseSync): Dialect {
  return {
    createAdapter: () =>
      // An adapter's answers are getters on its class, so this is the one way to change them:
      // SQLite does take schema changes in a transaction, and migrations count on it; and the
      // driver below keeps its writers in line by itself, without holding up its readers.
      Object.defineProperties(new SqliteAdapter(), {
        supportsTransactionalDdl: { value: true },
        supportsMultipleConnections: { value: true },
      }),
    createDriver: () => new SqliteDriver(database, reader),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** What Kysely runs its queries by, and begins a transaction on. */
interface SqliteConnection extends DatabaseConnection {
  /** Releases the driver's write lock; set from begin to commit or rollback, null outside of those. */
  endTransaction: (() => void) | null;
}

/** Kysely's connections share the two of SQLite; the driver decides who may use them when. */
class SqliteDriver implements Driver {
  readonly #database: DatabaseSync;
  readonly #reader: DatabaseSync | undefined;
  readonly #writes: Statements;
  readonly #reads: Statements | undefined;
  /** Held by one write, or from a transaction's begin to its end. */
  readonly #writeLock = new Semaphore(1);
  /** When the event loop last had a turn, by the monotonic clock. */
  #yieldedAt = performance.now();

  constructor(database: DatabaseSync, reader: DatabaseSync | undefined) {
    this.#database = database;
    this.#reader = reader;
    this.#writes = new Statements(database);
    this.#reads = reader && new Statements(reader);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SqliteConnection> {
    const connection: SqliteConnection = {
      endTransaction: null,
      executeQuery: (query) => this.#execute(query, connection),
      streamQuery: () => {
        throw new Error('this dialect does not stream');
      },
    };
    return connection;
  }

  // All transactions of the store write. One that took its lock only with the first write could
  // not wait for another process then: what it had read would be out of date.
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    const release = await this.#writeLock.acquire();
    try {
      await this.#yieldToEventLoop();
      await retryWhileLocked(() => this.#writes.run(BEGIN));
      connection.endTransaction = release;
    } catch (error) {
      release();
      throw error;
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    this.#writes.run(COMMIT);
    endTransaction(connection);
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    try {
      // SQLite itself may have ended the transaction, as on a full disk.
      if (this.#database.isTransaction) this.#writes.run(ROLLBACK);
    } finally {
      endTransaction(connection);
    }
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#reader?.close();
    this.#database.close();
  }

  async #execute<Row>(
    query: CompiledQuery,
    { endTransaction }: SqliteConnection,
  ): Promise<QueryResult<Row>> {
    if (endTransaction !== null) return this.#writes.run<Row>(query);
    if (this.#reads !== undefined && query.query.kind === 'SelectQueryNode') {
      await this.#yieldToEventLoop();
      return this.#reads.run<Row>(query);
    }
    return await this.#writeLock.run(async () => {
      await this.#yieldToEventLoop();
      return await retryWhileLocked(() => this.#writes.run<Row>(query));
    });
  }

  /** SQLite answers without ever waiting: a burst of queries would stop sockets and timers until its end. */
  async #yieldToEventLoop(): Promise<void> {
    if (performance.now() - this.#yieldedAt <= YIELD_EVERY_MS) return;
    await nextEventLoopTurn();
    this.#yieldedAt = performance.now();
  }
}

function endTransaction(connection: SqliteConnection): void {
  connection.endTransaction?.();
  connection.endTransaction = null;
}
