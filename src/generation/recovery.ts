import type { Logger } from 'pino';
import { Failure, type ImageFile } from '../domain.ts';
import { DEFAULT_LIMITS } from '../gemini/limits.ts';
import { elapsedMs } from '../store/moments.ts';
import type { OpenReply, Store, StoredGeneration } from '../store/store.ts';
import type { Job } from './job.ts';
import type { FailedState, ReplySlot, Subject } from './live-reply.ts';

/** How often one generation may see its process die, in its run or in its delivery. */
const MAX_DEATHS = 3;

/** The picture of a generation that is whole on disk, or null. */
export type FindWhole = (generationId: string) => Promise<ImageFile | null>;

export interface RecoveryDeps {
  store: Pick<Store, 'generations'>;
  findWhole: FindWhole;
  log: Logger;
  now: () => number;
}

/** What is to be done about a reply that an earlier process left open. */
export interface RecoveryPlan {
  jobs: Job[];
  /** Every generation of the reply, with its end where it has one, told or not. */
  slots: ReplySlot[];
  /** Ends that were written down but perhaps never shown. */
  ends: FailedState[];
}

type OpenGeneration = OpenReply['generations'][number];

/**
 * Looks at what is left of each generation: a whole picture is delivered from disk and never asked
 * for again; others begin anew while attempts are left; the rest ends as `interrupted`.
 */
export async function planRecovery(
  reply: OpenReply,
  about: Pick<Subject, 'origin' | 'largestSize'>,
  deps: RecoveryDeps,
): Promise<RecoveryPlan> {
  const plan: RecoveryPlan = { jobs: [], slots: [], ends: [] };
  for (const generation of reply.generations) {
    const { id, request } = generation;
    const subject = { ...about, id, replyId: reply.id, request, isPrivate: reply.ephemeral };
    const job = await takeUp(generation, subject, deps);
    const failed = job === null ? await describeEnd(generation, subject, deps) : null;
    if (job !== null) plan.jobs.push(job);
    if (failed !== null) plan.ends.push(failed);
    plan.slots.push({ subject, end: failed ? { failed } : deliveredEnd(generation, subject) });
  }
  return plan;
}

/** A picture that is in the message, as its reply shows it; null for everything else. */
function deliveredEnd(generation: StoredGeneration, subject: Subject): ReplySlot['end'] {
  const { state, image, attachment, usage, costMicros, createdAt, receivedAt } = generation;
  if (state !== 'delivered' || image === null || attachment === null) return null;
  const durationMs = elapsedMs(createdAt, receivedAt ?? createdAt);
  return { done: { ...subject, image, usage, costMicros, durationMs }, attachment };
}

/** The job that goes on with a generation; null when it has ended, or ends here. */
async function takeUp(
  generation: OpenGeneration,
  subject: Subject,
  deps: RecoveryDeps,
): Promise<Job | null> {
  const { id, state, createdAt, attempts, firstAttemptAt } = generation;
  const { runs, deliveryAttempts } = generation;
  const { usage, costMicros } = generation;
  const spent = { attempts, firstAttemptAt, usage, costMicros };
  const job = { ...subject, askedAt: createdAt, ...spent, made: null };
  const generations = deps.store.generations;
  if (state !== 'queued' && state !== 'running' && state !== 'received') return null;
  if (generation.damaged) {
    const failure = { kind: 'internal' as const, details: { problem: 'damaged' } };
    await generations.conclude(id, { state: 'failed', failure });
    deps.log.error({ id }, 'its record cannot be read; the generation is ended');
    return null;
  }
  if (state === 'queued') return job;

  const image = await deps.findWhole(id);
  if (image !== null && deliveryAttempts < MAX_DEATHS) {
    const receivedAt = generation.receivedAt ?? deps.now();
    // What the request took that brought it, and what the model thought, went with its process.
    const unsaved = state === 'running' ? { accounted: false, tries: 0 } : null;
    return { ...job, made: { image, usage, costMicros, receivedAt, transcript: '', unsaved } };
  }
  const mayRunAgain = attempts < DEFAULT_LIMITS.attempts && runs < MAX_DEATHS;
  if (state === 'running' && mayRunAgain && (await generations.requeue(id))) return job;
  const failure =
    image === null
      ? { kind: 'interrupted' as const, details: {} }
      : { kind: 'internal' as const, details: { problem: 'not_shown' } };
  await generations.conclude(id, { state: 'interrupted', failure });
  return null;
}

/** The end of a generation as its reply should say it; null for a picture that was delivered. */
async function describeEnd(
  { id, state, failure }: StoredGeneration,
  subject: Subject,
  { store }: RecoveryDeps,
): Promise<FailedState | null> {
  if (state === 'delivered') return null;
  const now = failure ?? (await store.generations.get(id))?.failure;
  const kind = now?.kind ?? (state === 'cancelled' ? 'cancelled' : 'interrupted');
  const details = now?.details ?? {};
  return { id, subject, failure: new Failure(kind, 'ended in an earlier process', { details }) };
}
