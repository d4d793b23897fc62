import type { Logger } from 'pino';
import type { Generations } from '../../store/store.ts';

/** Thumbnails that may be under way or wait; whoever comes then goes without. */
const MAX_WAITING = 16;

export interface ThumbnailDeps {
  generations: Pick<Generations, 'saveThumbnail'>;
  makeThumbnail: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
  log: Logger;
}

/** Small versions of delivered pictures for `/history`, made beside the runs. */
export interface Thumbnails {
  /** Makes and keeps one. Never waits and never throws; `then` runs in any case. */
  keep(id: string, path: string, then: () => Promise<void>): void;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

/**
 * A thumbnail is worth nobody's wait: a run that has delivered is over, and its place goes to the
 * next one.
 */
export function createThumbnails({ generations, makeThumbnail, log }: ThumbnailDeps): Thumbnails {
  const waiting = new Set<Promise<void>>();

  async function make(id: string, path: string): Promise<void> {
    if (waiting.size >= MAX_WAITING) {
      log.debug({ id }, 'no thumbnail kept: too many are waiting');
      return;
    }
    try {
      await generations.saveThumbnail(id, await makeThumbnail(path));
    } catch (error) {
      log.debug({ id, err: error }, 'no thumbnail kept');
    }
  }

  return {
    keep(id, path, then) {
      const work = make(id, path)
        .then(then)
        .catch((error: unknown) => log.error({ id, err: error }, 'a file could not be removed'))
        .finally(() => waiting.delete(work));
      waiting.add(work);
    },
    async settled() {
      await Promise.all(waiting);
    },
  };
}
