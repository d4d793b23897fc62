import type { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';

/** What the worker is told. */
export interface CheckpointWork {
  file: string;
  everyMs: number;
}

/** How often the log is moved into the file, and thus what a power loss may take back. */
const EVERY_MS = 1_000;

/** It runs a few lines; a thread's standard heap would be a tenth of a small machine. */
const WORKER_MEMORY = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } as const;

/** Pages (of 4 KiB) in the log at which a commit does it all by itself, for want of the worker. */
const AUTOMATIC = { besideWorker: 20_000, alone: 1_000 } as const;

/**
 * Keeps `fsync` out of this thread. A commit only appends to the log; but once in a while the log
 * must go into the file, for which the disk is waited for: a third of a second was measured on one
 * that was busy with pictures, while nothing else in the process could run. A thread of its own
 * does that here. It begins only after a while, so that a short-lived tool never starts one.
 *
 * @returns what ends it; to be called before the database is closed.
 */
export function startCheckpoints(
  database: DatabaseSync,
  file: string,
  { everyMs = EVERY_MS } = {},
): () => Promise<void> {
  let worker: Worker | undefined;
  const ended = Promise.withResolvers<void>();
  let stopping = false;

  const timer = setTimeout(() => {
    const work: CheckpointWork = { file, everyMs };
    worker = new Worker(new URL('./checkpoint-worker.ts', import.meta.url), {
      workerData: work,
      resourceLimits: WORKER_MEMORY,
    });
    worker.unref();
    database.exec(`pragma wal_autocheckpoint = ${AUTOMATIC.besideWorker}`);
    // Whatever befell it, the store can do without.
    worker.once('error', () => {});
    worker.once('exit', () => {
      if (!stopping) database.exec(`pragma wal_autocheckpoint = ${AUTOMATIC.alone}`);
      ended.resolve();
    });
  }, everyMs);
  timer.unref();

  return async () => {
    stopping = true;
    clearTimeout(timer);
    if (worker === undefined) return;
    // Until now it was no reason for the process to live; its orderly end is one.
    worker.ref();
    worker.postMessage('stop');
    await ended.promise;
  };
}
