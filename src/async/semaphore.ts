export interface AcquireOptions {
  /** `high` goes before everybody who waits with `normal`, the default; else first come, first served. */
  priority?: 'high' | 'normal';
  /** Ends the waiting, not the work. */
  signal?: AbortSignal;
}

/** Lets at most `limit` pieces of work run at once; with a limit of 1, a mutex. */
export class Semaphore {
  /** How many more may run now; above 0 only while nobody waits. */
  #free: number;
  /** Who waits. A set keeps the order of arrival, and lets go of any one at once. */
  readonly #waiting = { high: new Set<() => void>(), normal: new Set<() => void>() };

  constructor(limit: number) {
    this.#free = limit;
  }

  /** Runs the work when its turn comes. Rejects with the signal's reason when aborted waiting. */
  async run<Result>(work: () => Promise<Result>, options?: AcquireOptions): Promise<Result> {
    const release = await this.acquire(options);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /**
   * Resolves when the turn comes, with the function that ends it: it must be called, and does
   * nothing when called again. Rejects with the signal's reason when aborted waiting.
   */
  async acquire({ priority = 'normal', signal }: AcquireOptions = {}): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(this.#waiting[priority], signal);
    let isReleased = false;
    return () => {
      if (!isReleased) this.#release();
      isReleased = true;
    };
  }

  #wait(waiting: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        waiting.delete(begin);
        reject(signal?.reason);
      };
      waiting.add(begin);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  /** Hands the turn on instead of freeing it, so that nobody who comes now overtakes. */
  #release(): void {
    const waiting = this.#waiting.high.size > 0 ? this.#waiting.high : this.#waiting.normal;
    const [next] = waiting;
    if (next === undefined) {
      this.#free += 1;
    } else {
      waiting.delete(next);
      next();
    }
  }
}
