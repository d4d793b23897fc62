import { Failure } from '../domain.ts';
import type { Delivery, DoneState } from '../generation/live-reply.ts';
import type { Fitted, Fitter } from '../images/fit.ts';
import type { Spool } from '../images/spool.ts';
import type { DeliveredAttachment } from '../store/store.ts';
import { type LastMessageDeps, sendLast } from './last-message.ts';
import { isForNow, ReplyError } from './reply-error.ts';
import type { EditBody, Sent, Upload } from './rest.ts';

export interface DeliveryDeps extends LastMessageDeps {
  fitter: Fitter;
  spool: Pick<Spool, 'remove'>;
  signal: AbortSignal;
  /** What this interaction says that one attachment may have, in bytes. */
  limitBytes: number;
  stopProgress: () => Promise<void>;
  isGone: () => boolean;
  /** The message that shows the picture; made anew for each fit. */
  render: (fitted: Fitted) => { body: EditBody; upload: Upload };
}

const MIB = 1_048_576;

/** Limits that Discord has had; the next lower one is tried when it refuses what it promised. */
const KNOWN_LIMITS = [25, 20, 10, 8, 4, 2].map((mib) => mib * MIB);

/** A picture was paid for: it outlasts most troubles that Discord has. */
const PATIENCE_MS = 10 * 60_000;

/** How often a 413 makes the limit smaller. */
const MAX_REFITS = 3;

/**
 * Brings a picture to the person: fitted under the limit, streamed from disk, and fitted again
 * when Discord says that it is too large after all, which has happened.
 */
export async function deliverPicture(state: DoneState, deps: DeliveryDeps): Promise<Delivery> {
  let limitBytes = deps.limitBytes;
  for (let refits = 0; ; refits++) {
    const fitted = await deps.fitter.fit(state.image, state.id, limitBytes, deps.signal);
    try {
      await deps.stopProgress();
      if (deps.isGone()) return { to: 'nobody' };
      const { body, upload } = deps.render(fitted);
      const { signal } = deps;
      const last = { id: state.id, body, uploads: [upload], patienceMs: PATIENCE_MS, signal };
      const sent = await sendLast(last, deps);
      if (sent === 'gone') return { to: 'nobody' };
      if (sent === 'unreachable') return { to: 'unreachable' };
      return {
        to: 'message',
        attachment: readAttachment(sent, fitted, upload.name),
        fitted: isFitted(fitted),
      };
    } catch (error) {
      if (error instanceof ReplyError && isForNow(error)) {
        deps.log.warn({ id: state.id, err: error }, 'not delivered, Discord does not take it');
        return { to: 'later' };
      }
      const isTooLarge = error instanceof ReplyError && error.kind === 'too_large';
      if (!isTooLarge) throw error;
      if (refits >= MAX_REFITS) {
        const message = `Discord refused ${fitted.image.bytes} bytes and everything larger`;
        throw new Failure('bad_answer', message, {
          details: { problem: 'cannot_fit' },
          cause: error,
        });
      }
      limitBytes = nextLimit(Math.min(limitBytes, fitted.image.bytes));
      deps.log.warn(
        { id: state.id, err: error, limitBytes },
        'too large for Discord, fitting again',
      );
    } finally {
      if (isFitted(fitted)) await deps.spool.remove(fitted.image);
    }
  }
}

function isFitted(fitted: Fitted): boolean {
  return fitted.reencoded !== null;
}

function nextLimit(refusedBytes: number): number {
  // A limit just below what was refused would be refused as well.
  return KNOWN_LIMITS.find((limit) => limit < refusedBytes * 0.95) ?? Math.floor(refusedBytes / 2);
}

/** The picture as Discord now has it. A file that an embed shows may not be listed by itself. */
function readAttachment({ message }: Sent, { image }: Fitted, name: string): DeliveredAttachment {
  const listed = message?.attachments?.map(({ url }) => url) ?? [];
  const shown = message?.embeds?.flatMap((embed) => embed.image?.url ?? []) ?? [];
  const url = [...listed, ...shown].find((one) => one.includes(`/${name}`)) ?? '';
  // What only one person sees lies in a folder of its own.
  const id = /\/(?:ephemeral-)?attachments\/\d+\/(\d+)\//.exec(url)?.[1] ?? null;
  return { id, name, mime: image.mime, bytes: image.bytes };
}
