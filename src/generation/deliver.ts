import { Failure } from '../domain.ts';
import { elapsedMs } from '../store/moments.ts';
import type { Conclusion } from '../store/store.ts';
import { type Job, type Made, type RunDeps, type RunEnd, subjectOf, workingState } from './job.ts';
import type { Delivery, LiveReply } from './live-reply.ts';

/**
 * Brings a whole picture to the person and ends its generation. The file goes only when the store
 * has it as delivered, or nobody wants it. A picture that nothing can show any more is kept for
 * `/history`, and one that Discord has in a lesser version for edits, until housekeeping removes
 * it. What the store does not take down after the delivery leaves the file where it is: the next
 * start would find it, and send the same edit once more.
 *
 * @throws Failure of the fit (the picture is kept for `/history` then as well), the signal's
 *   reason, or `bad_answer` when Discord takes no such message.
 */
export async function deliver(
  job: Job,
  made: Made,
  reply: LiveReply,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<RunEnd> {
  const { generations, removeFile, mayKeepOriginals, thumbnails, log, now } = deps;
  const { id, askedAt } = job;
  const { image, usage, costMicros, receivedAt, transcript } = made;
  // A picture that ends the process each time it is fitted or sent must not do so for ever.
  await noteCount(() => generations.countDelivery(id), log);
  const durationMs = elapsedMs(askedAt, receivedAt);
  const state = { ...subjectOf(job), image, usage, costMicros, durationMs };
  let delivery: Delivery;
  try {
    delivery = await reply.deliver(state, signal);
  } catch (error) {
    if (signal.aborted) await noteCount(() => generations.uncountDelivery(id), log);
    throw error;
  }

  async function conclude(conclusion: Conclusion): Promise<void> {
    // Only a picture that is in the store can be delivered there.
    await save(job, made, deps);
    await generations.conclude(id, { ...conclusion, transcript });
  }

  async function record(): Promise<void> {
    if (delivery.to === 'unreachable') {
      await conclude({ state: 'interrupted', failure: unreachableFailure() });
      log.warn('nothing can show the picture any more; it is kept for a day');
      thumbnails.keep(id, image.path, async () => {});
    } else if (delivery.to === 'nobody') {
      await conclude({ state: 'cancelled' });
      log.info('the message was deleted');
      await removeFile(image);
    } else if (delivery.to === 'message') {
      const { attachment, fitted } = delivery;
      await conclude({ state: 'delivered', attachment });
      log.info({ ms: elapsedMs(askedAt, now()), bytes: attachment.bytes, fitted }, 'delivered');
      // Discord has a lesser version of it: an edit should go on from the better one.
      const isKept = fitted && mayKeepOriginals();
      thumbnails.keep(id, image.path, async () => {
        if (!isKept) await removeFile(image);
      });
    }
  }

  if (delivery.to === 'later') {
    log.error('Discord does not take the picture; it is tried again later');
    await noteCount(() => generations.uncountDelivery(id), log);
    reply.show(workingState(job, 'undelivered'));
    return { kind: 'undelivered', made };
  }
  try {
    await record();
    return { kind: 'settled' };
  } catch (error) {
    // The message has its picture, and nothing may be said over it.
    log.error({ err: error }, 'delivered, and the database did not take that down');
    return { kind: 'unrecorded', record };
  }
}

/**
 * Takes a picture down that is whole on disk.
 *
 * @throws what the store throws; the picture stays unsaved then.
 */
export async function save(
  { id }: Job,
  made: Made,
  { generations }: Pick<RunDeps, 'generations'>,
): Promise<void> {
  if (made.unsaved === null) return;
  const { image, usage, costMicros } = made;
  await generations.recordImage(id, {
    image,
    usage,
    costMicros,
    accounted: made.unsaved.accounted,
  });
  made.unsaved = null;
}

/** What the store cannot count goes out all the same. */
async function noteCount(count: () => Promise<unknown>, log: RunDeps['log']): Promise<void> {
  try {
    await count();
  } catch (error) {
    log.error({ err: error }, 'a delivery could not be counted');
  }
}

/** How a picture ends that is whole, and that neither token nor channel can bring to its person. */
export function unreachableFailure(): Failure {
  return new Failure('timeout', 'unreachable', { details: { problem: 'unreachable' } });
}
