import { retry } from '../../async/retry.ts';

/** Primary result codes; https://sqlite.org/rescode.html. */
export const SQLITE_CODES = { busy: 5, readOnly: 8, ioError: 10, full: 13 } as const;

/** The primary result code of an error of `node:sqlite`; null for any other error. */
export function resultCode(error: unknown): number | null {
  // The lowest byte; the others tell cases of it apart.
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : null;
}

/** How long a write waits for another process that holds the lock. */
const LOCK_WAIT_MS = 5_000;

/** Between two tries; a little at random, so that two who wait do not stay in step. */
const RETRY_MS = { least: 5, most: 25 } as const;

/**
 * Tries a write until no other process holds the lock. SQLite's own waiting (`busy_timeout`) would
 * stop this whole process for as long, acknowledgements included; here everything else goes on.
 *
 * @throws what `write` throws; "database is locked" only after 5 s of it.
 */
export async function retryWhileLocked<Result>(write: () => Result): Promise<Result> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  return await retry(write, (error) =>
    resultCode(error) !== SQLITE_CODES.busy || performance.now() > deadline
      ? null
      : RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least),
  );
}
