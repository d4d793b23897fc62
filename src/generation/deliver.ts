import { Failure } from '../domain.ts';
import type { Conclusion } from '../store/store.ts';
import { type Job, type Made, type RunDeps, subjectOf } from './job.ts';
import type { LiveReply, WorkingState } from './live-reply.ts';

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
  { ledger, removeFile, mayKeepOriginals, makeThumbnail, log, now }: RunDeps,
  signal: AbortSignal,
): Promise<boolean> {
  const { id, askedAt } = job;
  const { image, usage, costMicros, developedAt } = made;
  // A picture that ends the process each time it is fitted or sent must not do so for ever.
  await ledger.countDelivery(id);
  const delivery = await reply.deliver(
    { ...subjectOf(job), image, usage, costMicros, durationMs: developedAt - askedAt },
    signal,
  );
  const conclude = (conclusion: Conclusion) =>
    ledger.conclude(id, { ...conclusion, transcript: transcript.text });

  if (delivery.to === 'later') {
    log.error('Discord does not take the picture; it is tried again later');
    reply.show(undeliveredState(job));
    return false;
  }
  if (delivery.to === 'unreachable') {
    log.warn('nothing can show the picture any more; it is kept for a day');
    const failure = new Failure('timeout', 'unreachable', { details: { problem: 'unreachable' } });
    await conclude({ state: 'interrupted', failure });
    await keepThumbnail();
    return true;
  }
  if (delivery.to === 'nobody') {
    log.info('the message was deleted');
    await conclude({ state: 'cancelled' });
  } else {
    const { attachment, fitted } = delivery;
    await conclude({ state: 'delivered', attachment });
    log.info({ ms: now() - askedAt, bytes: attachment.bytes, fitted }, 'delivered');
    await keepThumbnail();
    // Discord has a lesser version of it: an edit should go on from the better one.
    if (fitted && mayKeepOriginals()) return true;
  }
  await removeFile(image);
  return true;

  async function keepThumbnail(): Promise<void> {
    try {
      await ledger.saveThumbnail(id, await makeThumbnail(image.path));
    } catch (error) {
      log.debug({ err: error }, 'no thumbnail kept');
    }
  }
}

function undeliveredState(job: Job): WorkingState {
  return {
    ...subjectOf(job),
    askedAt: job.askedAt,
    phase: 'undelivered',
    position: null,
    runningSince: null,
    usualMs: null,
    thought: null,
    draft: null,
    retry: null,
  };
}
