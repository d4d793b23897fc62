/**
 * The thread of `checkpoints.ts`: moves what was committed from the log into the file, while the
 * store's own connection goes on writing. Any message ends it.
 */
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointWork } from './checkpoints.ts';

const { file, everyMs } = workerData as CheckpointWork;
const database = new DatabaseSync(file);
database.exec('pragma synchronous = normal');

// Passive: never waits for a reader or a writer, nor makes one wait. Cheap when nothing is new.
const timer = setInterval(() => database.exec('pragma wal_checkpoint(passive)'), everyMs);

parentPort?.once('message', () => {
  clearInterval(timer);
  database.close();
});
