import { Semaphore } from '../../async/semaphore.ts';
import { Failure, type ImageFile } from '../../domain.ts';
import { type FitOutcome, type FitPurpose, ignoreEvents, type Report } from '../../events.ts';
import type { FitFormat, OpenPicture, PictureLimits } from '../process-client/calls.ts';
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

export interface FitLimits extends PictureLimits {
  minQuality: number;
  maxQuality: number;
  maxEncodes: number;
}

export interface Fitter {
  /**
   * Makes a picture fit under an upload limit: as it is when it does already (it is then not even
   * opened), otherwise as the largest good version under it, a new file of `owner` in the spool.
   * The new file has the role `draft`, so that after a restart only the picture as it was made
   * counts as the result; who delivers it removes it.
   *
   * Throws `Failure`: `bad_answer` (a broken or oversized picture; `details.problem`
   * `unreadable`, `not_an_image` or `cannot_fit`), `no_space`, `internal`; and the signal's reason. An abort
   * ends the wait for a turn and a fit that is under way at once.
   */
  fit(
    image: ImageFile,
    owner: string,
    limitBytes: number,
    signal: AbortSignal,
    /** For those who listen; a delivery when left out. */
    purpose?: FitPurpose,
  ): Promise<Fitted>;
}

const DEFAULTS = {
  maxPixels: 50_000_000,
  frugalQuality: 86,
  frugalPixels: 24_000_000,
  maxMetadataBytes: 60_000,
  encodeTimeoutSeconds: 60,
  minQuality: 80,
  maxQuality: 95,
  maxEncodes: 4,
} as const satisfies FitLimits;

/**
 * Creates the fitter. `concurrency` is how many fits run at once (default 1), each with the memory
 * of an encode.
 */
export function createFitter(deps: {
  spool: Spool;
  openPicture: OpenPicture;
  concurrency?: number;
  limits?: Partial<FitLimits>;
  /** Gets each fit that was more than a look at the size. */
  report?: Report;
}): Fitter {
  const limits: FitLimits = { ...DEFAULTS, ...deps.limits };
  const { openPicture, report = ignoreEvents } = deps;
  const semaphore = new Semaphore(deps.concurrency ?? 1);

  async function reencode(
    image: ImageFile,
    owner: string,
    limitBytes: number,
    signal: AbortSignal,
    limits: FitLimits,
  ): Promise<Fitted> {
    const picture = await openPicture(image, limits, signal);
    const { fullScale, frugalFrom } = picture;
    const search = { ...limits, limitBytes, fullScale, frugalFrom };
    const tries: Try[] = [];
    let best: { made: Try; file: SpoolFile } | null = null;
    try {
      for (;;) {
        signal.throwIfAborted();
        const encode = nextEncode(tries, search);
        if (encode === null) break;
        const file = deps.spool.open(owner);
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
      // Once the file is whole it is the caller's, who also knows of the abort.
      return {
        image: await best.file.finish('draft'),
        reencoded: { format: picture.format, quality, scale, encodes: tries.length },
      };
    } catch (error) {
      await best?.file.discard();
      throw error;
    }
  }

  /** A machine without memory ends the process at its most thorough; the frugal way may pass. */
  async function reencodeFrugally(
    image: ImageFile,
    owner: string,
    limitBytes: number,
    signal: AbortSignal,
  ): Promise<Fitted> {
    try {
      return await reencode(image, owner, limitBytes, signal, { ...limits, frugalPixels: 0 });
    } catch (cause) {
      if (!(cause instanceof PictureProcessEnded)) throw cause;
      throw new Failure('internal', 'no process could fit the picture', { cause });
    }
  }

  return {
    async fit(image, owner, limitBytes, signal, purpose = 'delivery') {
      const startedAt = performance.now();
      const ended = (outcome: FitOutcome) => {
        const ms = performance.now() - startedAt;
        report({ type: 'image_fitted', purpose, outcome, ms });
      };
      const fitInTurn = async () => {
        try {
          return await reencode(image, owner, limitBytes, signal, limits);
        } catch (error) {
          if (!(error instanceof PictureProcessEnded)) throw error;
          return await reencodeFrugally(image, owner, limitBytes, signal);
        }
      };
      try {
        signal.throwIfAborted();
        if (image.bytes <= limitBytes) return { image, reencoded: null };
        const fitted = await semaphore.run(fitInTurn, { signal });
        ended('ok');
        return fitted;
      } catch (error) {
        ended(error instanceof Failure ? error.kind : 'stopped');
        throw error;
      }
    },
  };
}
