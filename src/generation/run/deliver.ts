import { Failure } from '../../domain.ts';
import { elapsedMs } from '../../store/moments.ts';
import { type GeneratedImage, type RunDeps, workingState } from '../job.ts';
import type { Delivery } from '../live-reply.ts';
import type { Run, RunEnd } from './context.ts';
import { endGeneration } from './end-generation.ts';

/**
 * Brings a whole picture to the person and ends its generation. The file goes only when the store
 * has it as delivered, or nobody wants it. A picture that nothing can show any more is kept for
 * `/history`, and one that Discord has in a lesser version for edits, until housekeeping removes
 * it. What the store does not take down after the delivery leaves the file where it is: the next
 * start would find it, and send the same edit once more.
 *
 * @throws Failure of the fit (the picture is kept for `/history` then as well), the signal's
 *   reason, or `not_shown` when Discord takes no such message.
 */
export async function deliver(run: Run, image: GeneratedImage): Promise<RunEnd> {
  const { job, reply, deps, signal } = run;
  const { generations, log } = deps;
  const { id } = job.subject;
  // A picture that ends the process each time it is fitted or sent must not do so for ever.
  await noteCount(() => generations.countDelivery(id), log);
  const { usage, costMicros } = image.spent;
  const durationMs = elapsedMs(job.askedAt, image.receivedAt);
  const state = { ...job.subject, image: image.file, usage, costMicros, durationMs };
  let delivery: Delivery;
  try {
    delivery = await reply.deliver(state, signal);
  } catch (error) {
    if (signal.aborted) await noteCount(() => generations.uncountDelivery(id), log);
    throw error;
  }
  if (delivery.to === 'later') {
    log.error('Discord does not take the picture; it is tried again later');
    await noteCount(() => generations.uncountDelivery(id), log);
    reply.show(workingState(job, 'undelivered'));
    return { kind: 'undelivered', image };
  }
  const record = () => recordDelivery(run, image, delivery);
  try {
    await record();
    return { kind: 'settled' };
  } catch (error) {
    // The message has its picture, and nothing may be said over it.
    log.error({ err: error }, 'delivered, and the database did not take that down');
    return { kind: 'unrecorded', record, notice: null };
  }
}

/** Ends the generation as its picture was delivered, or not; then lets go of the file. */
async function recordDelivery(
  run: Run,
  image: GeneratedImage,
  delivery: Exclude<Delivery, { to: 'later' }>,
): Promise<void> {
  const { job, deps } = run;
  const { removeFile, mayKeepOriginals, keepThumbnail, log } = deps;
  const { file, spent, transcript } = image;
  const { id } = job.subject;
  // Only a picture that is in the store can be delivered there.
  await save(run, image);
  switch (delivery.to) {
    case 'unreachable': {
      const failure = unreachableFailure();
      const conclusion = { state: 'interrupted', failure, transcript } as const;
      await endGeneration(job, conclusion, { spent }, deps);
      log.warn('nothing can show the picture any more; it is kept for a day');
      keepThumbnail(id, file.path, async () => {});
      return;
    }
    case 'nobody':
      await endGeneration(job, { state: 'cancelled', transcript }, { spent }, deps);
      log.info('the message was deleted');
      await removeFile(file);
      return;
    case 'message': {
      const { attachment, fitted } = delivery;
      const conclusion = { state: 'delivered', attachment, transcript } as const;
      await endGeneration(job, conclusion, { spent, fitted }, deps);
      // Discord has a lesser version of it: an edit should go on from the better one.
      const isKept = fitted && mayKeepOriginals();
      keepThumbnail(id, file.path, async () => {
        if (!isKept) await removeFile(file);
      });
    }
  }
}

/**
 * Takes a picture down that is whole on disk, once.
 *
 * @throws what the store throws; the picture stays unsaved then.
 */
export async function save({ job, deps }: Run, image: GeneratedImage): Promise<GeneratedImage> {
  if (image.unsaved === null) return image;
  const { generations, report, now } = deps;
  const { id, request } = job.subject;
  const { file, spent, startedAt } = image;
  const { usage, costMicros } = spent;
  const { accounted } = image.unsaved;
  if (await generations.recordImage(id, { image: file, usage, costMicros, accounted })) {
    const { path, ...facts } = file;
    const { model, size } = request;
    report({
      type: 'image_received',
      ...{ id, model, size, ...facts },
      sinceAskedMs: elapsedMs(job.askedAt, image.receivedAt),
      sinceStartMs: startedAt === null ? null : elapsedMs(startedAt, now()),
    });
  }
  return { ...image, unsaved: null };
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
  return new Failure('not_shown', 'nothing could show it', { details: { problem: 'unreachable' } });
}
