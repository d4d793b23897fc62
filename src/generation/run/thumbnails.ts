import type { RunDeps } from '../job.ts';

/** Thumbnails that may be under way or wait; whoever comes then goes without. */
const MAX_WAITING = 16;

/**
 * Small versions of delivered pictures for `/history`, made beside the runs. A thumbnail is worth
 * nobody's wait: a run that has delivered is over, and its place goes to the next one.
 */
export class Thumbnails {
  readonly #deps: Pick<RunDeps, 'generations' | 'makeThumbnail' | 'log'>;
  readonly #waiting = new Set<Promise<void>>();

  constructor(deps: Pick<RunDeps, 'generations' | 'makeThumbnail' | 'log'>) {
    this.#deps = deps;
  }

  /** Makes and keeps one. Never waits and never throws; `then` runs in any case. */
  keep(id: string, path: string, then: () => Promise<void>): void {
    const { log } = this.#deps;
    const work = this.#make(id, path)
      .then(then)
      .catch((error: unknown) => log.error({ id, err: error }, 'a file could not be removed'))
      .finally(() => this.#waiting.delete(work));
    this.#waiting.add(work);
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting);
  }

  async #make(id: string, path: string): Promise<void> {
    const { generations, makeThumbnail, log } = this.#deps;
    if (this.#waiting.size >= MAX_WAITING) {
      log.debug({ id }, 'no thumbnail kept: too many are waiting');
      return;
    }
    try {
      await generations.saveThumbnail(id, await makeThumbnail(path));
    } catch (error) {
      log.debug({ id, err: error }, 'no thumbnail kept');
    }
  }
}
