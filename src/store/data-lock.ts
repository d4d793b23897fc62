import { DatabaseSync } from 'node:sqlite';

/**
 * Takes a data folder for this process alone. Two processes on one ledger would each take up what
 * the other has in the making, and every such picture would be paid for twice. The lock is a
 * transaction on an empty database of its own: the system takes it back when the process ends,
 * however it ends.
 *
 * @returns what gives the folder back.
 * @throws Error that says what to do when another process has it.
 */
export function lockData(file: string): () => void {
  const lock = new DatabaseSync(file, { timeout: 0 });
  try {
    lock.exec('pragma journal_mode = delete');
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    const isTaken = error instanceof Error && /locked|busy/i.test(error.message);
    if (!isTaken) throw error;
    throw new Error(
      `another Darkroom runs on the same data (${file}). Stop that one first, or give this one a DATA_DIR of its own.`,
    );
  }
  return () => lock.close();
}
