import { Semaphore } from '../../async/semaphore.ts';
import { Failure, type ImageFile } from '../../domain.ts';
import type { FitOutcome, FitPurpose, Report } from '../../events.ts';
import type { FitFormat, OpenPicture } from '../process-client/calls.ts';
import { PictureProcessEnded } from '../process-client/client.ts';
import type { Spool, SpoolFile } from '../spool/spool.ts';
import { bestUnder, nextEncode, type Try } from './search.ts';

export interface Fitted {
  image: ImageFile;
  /** null when the file goes as it is. */
  reencoded: {
    format: FitFormat;
    /** 80–95. */
    quality: number;
    /** Of each side; 1 when every pixel is kept. */
    scale: number;
    /** How many encodes it took. */
    encodes: number;
  } | null;
}

/** Under which limit a picture is to be, and for whom. */
export interface FitTarget {
  /** Whose file in the spool the new one is. */
  owner: string;
  limitBytes: number;
  /** Ends the wait for a turn, and a fit that is under way, at once. */
  signal: AbortSignal;
  /** For those who listen; a delivery when left out. */
  purpose?: FitPurpose;
}

export class Fitter {
  readonly #deps: { spool: Spool; openPicture: OpenPicture; report?: Report };
  /** One fit at a time: each takes the memory of an encode. */
  readonly #mutex = new Semaphore(1);

  /** @param deps.report Gets each fit that was more than a look at the size. */
  constructor(deps: { spool: Spool; openPicture: OpenPicture; report?: Report }) {
    this.#deps = deps;
  }

  /**
   * Makes a picture fit under an upload limit: as it is when it does already (it is then not even
   * opened), otherwise as the largest good version under it, a new file in the spool. That has the
   * role `draft`, so that after a restart only the picture as it was made counts as the result;
   * who delivers it removes it.
   *
   * Throws `Failure`: `bad_answer` (a broken or oversized picture; `details.problem` `unreadable`,
   * `not_an_image` or `cannot_fit`), `no_space`, `internal`; and the signal's reason.
   */
  async fit(image: ImageFile, target: FitTarget): Promise<Fitted> {
    const { limitBytes, signal, purpose = 'delivery' } = target;
    const startedAt = performance.now();
    const ended = (outcome: FitOutcome) => {
      const ms = performance.now() - startedAt;
      this.#deps.report?.({ type: 'image_fitted', purpose, outcome, ms });
    };
    try {
      signal.throwIfAborted();
      if (image.bytes <= limitBytes) return { image, reencoded: null };
      const fitted = await this.#mutex.run(() => this.#reencode(image, target), { signal });
      ended('ok');
      return fitted;
    } catch (error) {
      ended(error instanceof Failure ? error.kind : 'stopped');
      throw error;
    }
  }

  /** A machine without memory ends the process at its most thorough; the frugal way may pass. */
  async #reencode(image: ImageFile, target: FitTarget): Promise<Fitted> {
    try {
      return await this.#search(image, target, false);
    } catch (error) {
      if (!(error instanceof PictureProcessEnded)) throw error;
    }
    try {
      return await this.#search(image, target, true);
    } catch (cause) {
      if (!(cause instanceof PictureProcessEnded)) throw cause;
      throw new Failure('internal', 'no process could fit the picture', { cause });
    }
  }

  async #search(image: ImageFile, target: FitTarget, mustBeFrugal: boolean): Promise<Fitted> {
    const { owner, limitBytes, signal } = target;
    const picture = await this.#deps.openPicture(image, mustBeFrugal, signal);
    const { format, fullScale, frugalFrom } = picture;
    const tries: Try[] = [];
    let best: { made: Try; file: SpoolFile } | null = null;
    try {
      for (;;) {
        signal.throwIfAborted();
        const encode = nextEncode(tries, { limitBytes, fullScale, frugalFrom });
        if (encode === null) break;
        const file = this.#deps.spool.open(owner);
        // Only the best one is kept; whatever is beside it goes before the next encode.
        let worse: SpoolFile | null = file;
        try {
          await file.fill((path) => picture.encode(encode, path, signal));
          const made = { ...encode, bytes: file.bytes };
          tries.push(made);
          if (bestUnder(tries, limitBytes) === made) {
            worse = best?.file ?? null;
            best = { made, file };
          }
        } finally {
          await worse?.discard();
        }
      }
      if (best === null) {
        throw new Failure('bad_answer', `${tries.length} encodes did not fit ${limitBytes} bytes`, {
          details: { problem: 'cannot_fit' },
        });
      }
      const { quality, scale } = best.made;
      const reencoded = { format, quality, scale, encodes: tries.length };
      // Once the file is whole it is the caller's, who also knows of the abort.
      return { image: await best.file.finish('draft'), reencoded };
    } catch (error) {
      await best?.file.discard();
      throw error;
    }
  }
}
