/** Lets at most so many pieces of work run at once; the rest wait in order. */
export interface Turns {
  /** Runs the work when its turn comes. Rejects with the signal's reason when aborted waiting. */
  take<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result>;
}

export function createTurns(concurrency: number): Turns {
  /** Insertion order is the order of arrival, and any one can leave at once. */
  const waiting = new Set<() => void>();
  let free = concurrency;

  function wait(signal: AbortSignal): Promise<void> {
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
    async take(work, signal) {
      signal.throwIfAborted();
      if (free > 0) free -= 1;
      else await wait(signal);
      try {
        return await work();
      } finally {
        // The turn is handed on, not freed, so that nobody who comes now overtakes.
        const [next] = waiting;
        if (next === undefined) free += 1;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
