import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { explainFolderFault, makeFolder } from '../../data-folder.ts';

/**
 * Takes a data folder for this process alone, and makes it where there is none. Two processes on
 * one store would each take up what the other has in the making, and every such picture would be
 * paid for twice. The lock is a transaction on an empty database of its own: the system takes it
 * back when the process ends, however it ends.
 *
 * @returns what gives the folder back.
 * @throws Error that says what to do when another process has it, or when it cannot be written.
 */
export function lockData(folder: string): () => void {
  const file = join(folder, 'darkroom.lock');
  let lock: DatabaseSync | undefined;
  try {
    makeFolder(folder);
    lock = new DatabaseSync(file, { timeout: 0 });
    lock.exec('pragma journal_mode = delete');
    lock.exec('begin exclusive');
  } catch (error) {
    lock?.close();
    const isTaken = error instanceof Error && /locked|busy/i.test(error.message);
    const why = isTaken
      ? `another Darkroom runs on the same data (${file}). Stop that one first, or give this one a DATA_DIR of its own.`
      : explainFolderFault(folder, error);
    throw why === null ? error : new Error(why, { cause: error });
  }
  const held = lock;
  return () => held.close();
}
