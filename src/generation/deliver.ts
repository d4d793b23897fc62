import { Failure } from '../domain.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Conclusion } from '../store/store.ts';
import { type Job, type Made, type RunDeps, subjectOf, workingState } from './job.ts';
import type { Delivery, LiveReply } from './live-reply.ts';

/**
 * Brings a developed picture to the person and ends its generation. The file goes only when the
 * ledger has it as delivered, or nobody wants it. A picture that nothing can show any more is kept
 * for `/history`, and one that Discord has in a lesser version for edits, until the broom comes.
 *
 * @returns false when Discord does not take it now: the picture stays developed, to be tried again.
 * @throws Failure of the fit (the picture is kept for `/history` then as well), the signal's reason, or `internal` when Discord takes no such message.
 */
export async function deliver(
  job: Job,
  made: Made,
  transcript: { text: string },
  reply: LiveReply,
  { ledger, removeFile, mayKeepOriginals, thumbnails, log, now }: RunDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { id, askedAt } = job;
  const { image, usage, costMicros, developedAt } = made;
  // A picture that ends the process each time it is fitted or sent must not do so for ever.
  await noteCount(ledger.countDelivery(id));
  const state = {
    ...subjectOf(job),
    image,
    usage,
    costMicros,
    durationMs: elapsedMs(askedAt, developedAt),
  };
  let delivery: Delivery;
  try {
    delivery = await reply.deliver(state, signal);
  } catch (error) {
    if (signal.aborted) await noteCount(ledger.uncountDelivery(id));
    throw error;
  }
  const conclude = (conclusion: Conclusion) =>
    ledger.conclude(id, { ...conclusion, transcript: transcript.text });

  if (delivery.to === 'later') {
    log.error('Discord does not take the picture; it is tried again later');
    await noteCount(ledger.uncountDelivery(id));
    reply.show(workingState(job, 'undelivered'));
    return false;
  }
  if (delivery.to === 'unreachable') {
    log.warn('nothing can show the picture any more; it is kept for a day');
    await conclude({ state: 'interrupted', failure: unreachableFailure() });
    thumbnails.keep(id, image.path, async () => {});
    return true;
  }
  if (delivery.to === 'nobody') {
    log.info('the message was deleted');
    await conclude({ state: 'cancelled' });
    await removeFile(image);
  } else {
    const { attachment, fitted } = delivery;
    try {
      await conclude({ state: 'delivered', attachment });
    } catch (error) {
      // The message has its picture, and nothing may be said over it. The file stays: the next
      // start finds the picture developed, and sends the same edit once more.
      log.error({ err: error }, 'delivered, and the ledger did not take that down');
      return true;
    }
    log.info({ ms: elapsedMs(askedAt, now()), bytes: attachment.bytes, fitted }, 'delivered');
    // Discord has a lesser version of it: an edit should go on from the better one.
    const isKept = fitted && mayKeepOriginals();
    thumbnails.keep(id, image.path, async () => {
      if (!isKept) await removeFile(image);
    });
  }
  return true;

  /** What the ledger cannot count goes out all the same. */
  async function noteCount(counting: Promise<unknown>): Promise<void> {
    await counting.catch((error: unknown) => {
      log.error({ err: error }, 'a delivery could not be counted');
    });
  }
}

/** How a picture ends that is whole, and that neither token nor channel can bring to its person. */
export function unreachableFailure(): Failure {
  return new Failure('timeout', 'unreachable', { details: { problem: 'unreachable' } });
}
