import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { CompiledQuery, QueryResult } from 'kysely';
import { Failure } from '../../domain.ts';
import { resultCode, SQLITE_CODES } from './retry-while-locked.ts';

/** Far more than the store has; lists of ids make some of its statements differ in length. */
const MAX_CACHED_STATEMENTS = 200;

interface Prepared {
  statement: StatementSync;
  /** Whether it answers with rows. */
  reads: boolean;
}

/** Runs statements on one connection. Preparing one costs more than most take to run, so the last ones are kept. */
export class Statements {
  readonly #database: DatabaseSync;
  /** By their SQL, the least recently used first. */
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Runs one at once. @throws what SQLite says; `Failure` (no_space) where the disk takes nothing. */
  run<Row>({ sql, parameters }: CompiledQuery): QueryResult<Row> {
    try {
      const { statement, reads } = this.#prepare(sql);
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
  }

  #prepare(sql: string): Prepared {
    let prepared = this.#prepared.get(sql);
    if (prepared === undefined) {
      const statement = this.#database.prepare(sql);
      statement.setReadBigInts(true);
      prepared = { statement, reads: statement.columns().length > 0 };
    } else {
      this.#prepared.delete(sql);
    }
    this.#prepared.set(sql, prepared);
    if (this.#prepared.size > MAX_CACHED_STATEMENTS) {
      const [oldest] = this.#prepared.keys();
      if (oldest !== undefined) this.#prepared.delete(oldest);
    }
    return prepared;
  }
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

const DISK_CODES: ReadonlySet<number | null> = new Set([
  SQLITE_CODES.readOnly,
  SQLITE_CODES.ioError,
  SQLITE_CODES.full,
]);

/**
 * A disk that is full or read-only is the operator's to mend, and people are told of it as of any
 * lack of room; every other error is a bug, or the caller's to understand.
 */
function explainDisk(error: unknown): unknown {
  if (!(error instanceof Error) || !DISK_CODES.has(resultCode(error))) return error;
  const message = `the database cannot be written (${error.message})`;
  return new Failure('no_space', message, { cause: error });
}
