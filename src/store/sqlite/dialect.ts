import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
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
import { Failure } from '../../domain.ts';
import { retryWhileLocked } from './retry-while-locked.ts';

/** Far more than the store has; lists of ids make some of its statements differ in length. */
const MAX_CACHED_STATEMENTS = 200;

/** After this much uninterrupted work the rest of the process gets a turn. */
const TURN_MS = 10;

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
    createDriver: () => createDriver(database, reader),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(database: DatabaseSync, reader?: DatabaseSync): Driver {
  const write = createRunner(database);
  const read = reader && createRunner(reader);
  const writer = new Semaphore(1);
  /** Connections in a transaction, each with what ends its turn; there is never more than one. */
  const turns = new WeakMap<DatabaseConnection, () => void>();
  let turnBeganAt = performance.now();

  const begin = CompiledQuery.raw('begin immediate');
  const commit = CompiledQuery.raw('commit');
  const rollback = CompiledQuery.raw('rollback');

  // SQLite answers without ever waiting, so a burst of queries would keep everything else
  // (the gateway, the sockets) from running until its end.
  async function breathe(): Promise<void> {
    if (performance.now() - turnBeganAt <= TURN_MS) return;
    await nextTurn();
    turnBeganAt = performance.now();
  }

  function endTurn(connection: DatabaseConnection): void {
    turns.get(connection)?.();
    turns.delete(connection);
  }

  function createConnection(): DatabaseConnection {
    const connection: DatabaseConnection = {
      async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
        if (turns.has(connection)) return write<Row>(query);
        if (read !== undefined && query.query.kind === 'SelectQueryNode') {
          await breathe();
          return read<Row>(query);
        }
        const done = await writer.acquire();
        try {
          await breathe();
          return await retryWhileLocked(() => write<Row>(query));
        } finally {
          done();
        }
      },
      // biome-ignore lint/correctness/useYield: the store reads in pages and never streams.
      async *streamQuery() {
        throw new Error('this dialect does not stream');
      },
    };
    return connection;
  }

  return {
    async init() {},
    acquireConnection: async () => createConnection(),
    // All transactions of the store write. One that took its lock only with the first write could
    // not wait for another process then: what it had read would be out of date.
    async beginTransaction(connection) {
      const done = await writer.acquire();
      try {
        await breathe();
        await retryWhileLocked(() => write(begin));
        turns.set(connection, done);
      } catch (error) {
        done();
        throw error;
      }
    },
    async commitTransaction(connection) {
      write(commit);
      endTurn(connection);
    },
    async rollbackTransaction(connection) {
      try {
        // SQLite itself may have ended the transaction, as on a full disk.
        if (database.isTransaction) write(rollback);
      } finally {
        endTurn(connection);
      }
    },
    async releaseConnection() {},
    async destroy() {
      reader?.close();
      database.close();
    },
  };
}

interface Prepared {
  statement: StatementSync;
  /** Whether it answers with rows. */
  reads: boolean;
}

/** Runs one statement at once; throws what SQLite says, or what it means for the disk. */
function createRunner(
  database: DatabaseSync,
): <Row>({ sql, parameters }: CompiledQuery) => QueryResult<Row> {
  const cache = new Map<string, Prepared>();

  /** Preparing costs more than most of our statements take to run. */
  function prepare(sql: string): Prepared {
    let prepared = cache.get(sql);
    if (prepared === undefined) {
      const statement = database.prepare(sql);
      statement.setReadBigInts(true);
      prepared = { statement, reads: statement.columns().length > 0 };
    } else {
      cache.delete(sql);
    }
    cache.set(sql, prepared);
    if (cache.size > MAX_CACHED_STATEMENTS) {
      const [oldest] = cache.keys();
      if (oldest !== undefined) cache.delete(oldest);
    }
    return prepared;
  }

  return <Row>({ sql, parameters }: CompiledQuery) => {
    try {
      const { statement, reads } = prepare(sql);
      const values = parameters as readonly SQLInputValue[];
      if (reads) {
        const rows = statement.all(...values).map(withNumbers) as Row[];
        return { rows, numAffectedRows: BigInt(rows.length) };
      }
      const { changes } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes) };
    } catch (error) {
      throw explainDisk(error);
    }
  };
}

/**
 * SQLite's integers have 64 bits. Node refuses a whole answer for one that no JavaScript number
 * holds; read as what it is, it becomes null, so that a bad value costs no more than itself.
 */
function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(row)) {
    if (typeof value !== 'bigint') continue;
    const number = Number(value);
    row[name] = Number.isSafeInteger(number) ? number : null;
  }
  return row;
}

/** SQLite's primary result codes for a disk that takes nothing: read-only, an I/O error, full. */
const DISK_CODES: ReadonlySet<number> = new Set([8, 10, 13]);

/**
 * A disk that is full or read-only is the operator's to mend, and people are told of it as of any
 * lack of room; every other error is a bug, or the caller's to understand.
 */
function explainDisk(error: unknown): unknown {
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  const primaryCode = Number(error.errcode) & 0xff;
  if (!DISK_CODES.has(primaryCode)) return error;
  const message = `the database cannot be written (${error.message})`;
  return new Failure('no_space', message, { cause: error });
}
