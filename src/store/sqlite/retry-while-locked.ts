import { retry } from '../../async/retry.ts';

/** How long a write waits for another process that holds the lock. */
const PATIENCE_MS = 5_000;

/** Between two tries; a little at random, so that two who wait do not stay in step. */
const RETRY_MS = { least: 5, most: 25 } as const;

/** SQLite's primary result code for "database is locked". */
const BUSY = 5;

/**
 * Tries a write until no other process holds the lock. SQLite's own waiting (`busy_timeout`) would
 * stop this whole process for as long, acknowledgements included; here everything else goes on.
 *
 * @throws what `write` throws; "database is locked" only after 5 s of it.
 */
export async function retryWhileLocked<Result>(write: () => Result): Promise<Result> {
  const lastAt = performance.now() + PATIENCE_MS;
  return await retry(write, (error) =>
    !isBusy(error) || performance.now() > lastAt
      ? null
      : RETRY_MS.least + Math.random() * (RETRY_MS.most - RETRY_MS.least),
  );
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === BUSY;
}
