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
import { Failure } from '../domain.ts';

/** Far more than the store has; lists of ids make some of its statements differ in length. */
const MAX_CACHED_STATEMENTS = 200;

/** After this much uninterrupted work the rest of the process gets a turn. */
const TURN_MS = 10;

/**
 * Kysely over the SQLite that comes with Node, whose statements take and tell things in another
 * way than those Kysely's own dialect expects.
 */
export function createSqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () =>
      // An adapter's answers are getters on its class, so this is the one way to change one:
      // SQLite does take schema changes in a transaction, and migrations count on it.
      Object.defineProperty(new SqliteAdapter(), 'supportsTransactionalDdl', { value: true }),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

function createDriver(database: DatabaseSync): Driver {
  const connection = createConnection(database);
  const run = (sql: string) => connection.executeQuery(CompiledQuery.raw(sql));
  let turnBeganAt = performance.now();
  return {
    async init() {},
    // SQLite answers without ever waiting, so a burst of queries would keep everything else
    // (the gateway, the sockets) from running until its end.
    async acquireConnection() {
      if (performance.now() - turnBeganAt > TURN_MS) {
        await nextTurn();
        turnBeganAt = performance.now();
      }
      return connection;
    },
    // All transactions of the store write. One that took its lock only with the first write could
    // not wait for another process then: what it had read would be out of date.
    async beginTransaction() {
      await run('begin immediate');
    },
    async commitTransaction() {
      await run('commit');
    },
    async rollbackTransaction() {
      // SQLite itself may have ended the transaction, as on a full disk.
      if (database.isTransaction) await run('rollback');
    },
    async releaseConnection() {},
    async destroy() {
      database.close();
    },
  };
}

interface Prepared {
  statement: StatementSync;
  /** Whether it answers with rows. */
  reads: boolean;
}

function createConnection(database: DatabaseSync): DatabaseConnection {
  const cache = new Map<string, Prepared>();

  /** Preparing costs more than most of our statements take to run. */
  function prepare(sql: string): Prepared {
    let prepared = cache.get(sql);
    if (prepared === undefined) {
      const statement = database.prepare(sql);
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

  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      try {
        const { statement, reads } = prepare(sql);
        const values = parameters as readonly SQLInputValue[];
        if (reads) {
          const rows = statement.all(...values) as Row[];
          return { rows, numAffectedRows: BigInt(rows.length) };
        }
        const { changes } = statement.run(...values);
        return { rows: [], numAffectedRows: BigInt(changes) };
      } catch (error) {
        throw explainDisk(error);
      }
    },
    // biome-ignore lint/correctness/useYield: the store reads in pages and never streams.
    async *streamQuery() {
      throw new Error('this dialect does not stream');
    },
  };
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
  const message = `the ledger cannot be written (${error.message})`;
  return new Failure('no_space', message, { cause: error });
}
