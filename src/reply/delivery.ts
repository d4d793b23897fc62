import { brokeOff, ReplyError } from '../discord-http/errors.ts';
import { findFile } from '../discord-http/message-file.ts';
import type { Upload } from '../discord-http/multipart.ts';
import type { EditBody, Sent } from '../discord-http/rest.ts';
import { Failure, type Problem } from '../domain.ts';
import type { Delivery, DoneState } from '../generation/live-reply.ts';
import type { Fitted, Fitter } from '../images/fit/fitter.ts';
import type { Spool } from '../images/spool/spool.ts';
import type { DeliveredAttachment } from '../store/store.ts';
import { type FinalUpdateDeps, sendFinal } from './final-update.ts';
import { pictureUpload } from './render/picture-file.ts';

export interface DeliveryDeps extends FinalUpdateDeps {
  fitter: Pick<Fitter, 'fit'>;
  spool: Pick<Spool, 'remove'>;
  signal: AbortSignal;
  /** What this interaction says that one attachment may have, in bytes. */
  limitBytes: number;
  /** Keeps progress out of the message; called before each attempt. */
  acquire: () => Promise<void>;
  isDeleted: () => boolean;
  retryFor?: Partial<Record<keyof typeof RETRY_FOR, number>>;
  /** The message that shows the picture; made anew for each fit, and plainer where it must be. */
  render: (fitted: Fitted, plainness: 'full' | 'plain') => { body: EditBody; upload: Upload };
}

const MIB = 1_048_576;

/**
 * Limits that Discord has had; the next lower one is tried when it refuses what it promised. Three
 * steps lead from any to 8 MiB, which every place takes.
 */
const KNOWN_LIMITS = [20, 10, 8, 4, 2].map((mib) => mib * MIB);

/** What every place takes, and a line that breaks under more may carry. */
const MODEST_BYTES = 8 * MIB;

/** How often a 413 makes the limit smaller. */
const MAX_REFITS = 3;

const RETRY_FOR = {
  /** A picture was paid for: it outlasts most troubles that Discord has. */
  anyMs: 10 * 60_000,
  /** How long connections may break under a large upload, before a smaller one is tried instead. */
  largeMs: 60_000,
} as const;

/**
 * Brings a picture to the person: fitted under the limit, streamed from disk, and fitted again
 * when Discord says that it is too large after all, which has happened, or no line carries it.
 *
 * @throws Failure `not_shown` with `cannot_fit` or `not_taken`, where Discord takes it in no size,
 *   or not at all; what else the fitter throws; the signal's reason.
 */
export async function deliverPicture(state: DoneState, deps: DeliveryDeps): Promise<Delivery> {
  const { anyMs, largeMs } = { ...RETRY_FOR, ...deps.retryFor };
  const { signal } = deps;
  let limitBytes = deps.limitBytes;
  let mayBeLarge = true;
  for (let refits = 0; ; ) {
    const fitted = await deps.fitter
      .fit(state.image, { owner: state.id, limitBytes, signal })
      .catch(giveUp);
    const { bytes } = fitted.image;
    const breaksLine = (error: ReplyError) => mayBeLarge && bytes > MODEST_BYTES && brokeOff(error);
    try {
      await deps.acquire();
      if (deps.isDeleted()) return { to: 'nobody' };
      const { name } = pictureUpload(state.id, fitted.image);
      const sent = await sendFinal(
        {
          id: state.id,
          render(plainness) {
            const { body, upload } = deps.render(fitted, plainness);
            return { body, uploads: [upload] };
          },
          requiredFile: name,
          retryForMs: (error) => (breaksLine(error) ? largeMs : anyMs),
          signal,
        },
        deps,
      );
      if (sent === 'deleted') return { to: 'nobody' };
      if (sent === 'unreachable') return { to: 'unreachable' };
      if (sent === 'refused') throw notShown('not_taken', 'Discord refuses the message');
      return {
        to: 'message',
        attachment: readAttachment(sent, fitted, name),
        fitted: isFitted(fitted),
      };
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      if (breaksLine(error)) {
        mayBeLarge = false;
        limitBytes = MODEST_BYTES;
      } else if (error.kind !== 'too_large') {
        deps.log.warn(
          { id: state.id, err: error },
          'not delivered: Discord does not accept it now',
        );
        return { to: 'later' };
      } else {
        if (refits >= MAX_REFITS) throw notShown('cannot_fit', `${bytes} bytes are refused`);
        refits += 1;
        limitBytes = nextLimit(Math.min(limitBytes, bytes));
      }
      deps.log.warn({ id: state.id, err: error, limitBytes }, 'too large, fitting again');
    } finally {
      if (isFitted(fitted)) await deps.spool.remove(fitted.image);
    }
  }
}

/** What the fitter cannot make small enough is whole all the same. */
function giveUp(error: unknown): never {
  const isTooLarge = error instanceof Failure && error.details.problem === 'cannot_fit';
  throw isTooLarge ? notShown('cannot_fit', error.message) : error;
}

function notShown(problem: Problem<'not_shown'>, message: string): Failure {
  return new Failure('not_shown', message, { details: { problem } });
}

function isFitted(fitted: Fitted): boolean {
  return fitted.reencoded !== null;
}

function nextLimit(refusedBytes: number): number {
  // A limit just below what was refused would be refused as well.
  return KNOWN_LIMITS.find((limit) => limit < refusedBytes * 0.95) ?? Math.floor(refusedBytes / 2);
}

/** The picture as Discord now has it. */
function readAttachment({ message }: Sent, { image }: Fitted, name: string): DeliveredAttachment {
  const id = findFile(message, (each) => each === name)?.id ?? null;
  return { id, name, mime: image.mime, bytes: image.bytes, messageId: message?.id ?? null };
}
