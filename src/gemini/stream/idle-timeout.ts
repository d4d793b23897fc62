import type { Readable } from 'node:stream';
import { Failure } from '../../domain.ts';
import type { GeminiLimits } from '../limits.ts';
import { isRefusal, type ResponseSummary } from '../response/response-summary.ts';
import { chunksOf } from './body.ts';

/** How far the reading of an answer is, for whoever decides whether to wait for more. */
interface Progress {
  readonly parts: { readonly summary: ResponseSummary };
  /** Grows with everything that says something; a gateway's pings do not count. */
  readonly scanner: { readonly stringBytes: number };
  /** Whether a picture is whole in a document that is not. */
  readonly pictures: { readonly hasUnclaimed: boolean };
}

/**
 * The chunks of a body; one that says nothing more after its answer has ended is closed. Only
 * waiting for bytes counts as silence, not the time that the reader of the events takes.
 */
export async function* chunksUntilIdle(
  body: Readable,
  progress: Progress,
  limits: GeminiLimits,
): AsyncGenerator<Buffer, void> {
  const chunks = chunksOf(body);
  const close = () => body.destroy(new Failure('cut', 'an answer fell silent behind its end'));
  let silentMs = 0;
  let saidBytes = 0;
  try {
    for (;;) {
      const patience = patienceMs(progress, limits);
      const timer =
        patience === null ? undefined : setTimeout(close, Math.max(0, patience - silentMs));
      const waitsSince = performance.now();
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done === true) return;
      silentMs += performance.now() - waitsSince;
      yield next.value;
      const bytes = progress.scanner.stringBytes;
      if (bytes > saidBytes) silentMs = 0;
      saidBytes = bytes;
    }
  } finally {
    await chunks.return();
  }
}

/** How long to wait for what may still follow; null while the limit of every answer will do. */
function patienceMs({ parts, pictures }: Progress, limits: GeminiLimits): number | null {
  const { summary } = parts;
  if (summary.done) return limits.doneTimeoutMs;
  const { image, finishReason, blockReason, error } = summary;
  const isFinished = finishReason !== null || summary.endedWithUsage;
  if (image === null && !isFinished && blockReason === null && error === null) {
    return pictures.hasUnclaimed ? limits.unsettledTimeoutMs : null;
  }
  const isRefused = error !== null || blockReason !== null || isRefusal(finishReason);
  // A picture alone may be a draft whose flag was dropped; an end alone may have come too early.
  const isSettled = isRefused || (image !== null && isFinished);
  return isSettled ? limits.settledTimeoutMs : limits.unsettledTimeoutMs;
}
