/** Lets at most so many pieces of work run at once; the rest wait in order. */
export interface Turns {
  /**
   * Runs the work when its turn comes: behind what came before it, and `urgent` work before all
   * that is not. Rejects with the signal's reason when aborted waiting.
   */
  take<Result>(
    work: () => Promise<Result>,
    signal: AbortSignal,
    rank?: 'urgent' | 'patient',
  ): Promise<Result>;
}

export function createTurns(concurrency: number): Turns {
  /** Insertion order is the order of arrival, and any one can leave at once. */
  const lines = { urgent: new Set<() => void>(), patient: new Set<() => void>() };
  let free = concurrency;

  function wait(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.delete(begin);
        reject(signal.reason);
      };
      waiting.add(begin);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  return {
    async take(work, signal, rank = 'patient') {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await wait(lines[rank], signal);
      try {
        return await work();
      } finally {
        // The turn is handed on, not freed, so that nobody who comes now overtakes.
        const line = lines.urgent.size > 0 ? lines.urgent : lines.patient;
        const [next] = line;
        if (next === undefined) free += 1;
        else {
          line.delete(next);
          next();
        }
      }
    },
  };
}
