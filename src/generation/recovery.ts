import { Failure, type ImageFile } from '../domain.ts';
import { elapsedMs } from '../store/moments.ts';
import type { OpenReply, StoredGeneration } from '../store/store.ts';
import type { Job, RunDeps, Spent } from './job.ts';
import type { DoneState, FailedState, ReplySlot, Subject } from './live-reply.ts';
import { endGeneration } from './run/end-generation.ts';

/** How often the process of one generation may die, in its run or in its delivery. */
const MAX_CRASHES = 3;

/** The picture of a generation that is whole on disk, or null. */
export type FindWhole = (generationId: string) => Promise<ImageFile | null>;

export interface RecoveryDeps extends Pick<RunDeps, 'generations' | 'report' | 'log' | 'now'> {
  findWhole: FindWhole;
  /** Requests that may be sent to the model for one generation. */
  maxAttempts: number;
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
  const { state, image, attachment } = generation;
  if (state !== 'delivered' || image === null || attachment === null) return null;
  return { done: doneStateOf(subject, image, generation), attachment };
}

/** A whole picture of the store as a reply shows it. */
export function doneStateOf(
  subject: Subject,
  image: ImageFile,
  { usage, costMicros, createdAt, receivedAt }: StoredGeneration,
): DoneState {
  const durationMs = elapsedMs(createdAt, receivedAt ?? createdAt);
  return { ...subject, image, usage, costMicros, durationMs };
}

/** The job that goes on with a generation; null when it has ended, or ends here. */
async function takeUp(
  generation: OpenGeneration,
  subject: Subject,
  deps: RecoveryDeps,
): Promise<Job | null> {
  const { id, state, createdAt: askedAt, firstAttemptAt, startedAt } = generation;
  const { runs, attempts, usage, costMicros, deliveryAttempts } = generation;
  const spent: Spent = { runs, attempts, usage, costMicros };
  const job: Job = { subject, askedAt, firstAttemptAt, spent, image: null };
  if (state !== 'queued' && state !== 'running' && state !== 'received') return null;
  if (generation.damaged) {
    const failure = { kind: 'internal', details: { problem: 'damaged' } } as const;
    await endGeneration(job, { state: 'failed', failure }, { spent }, deps);
    deps.log.error({ id }, 'its record cannot be read; the generation is ended');
    return null;
  }
  if (state === 'queued') return job;

  const file = await deps.findWhole(id);
  if (file !== null && deliveryAttempts < MAX_CRASHES) {
    const receivedAt = generation.receivedAt ?? deps.now();
    // What the request took that brought it, and what the model thought, went with its process.
    const unsaved = state === 'running' ? { accounted: false, tries: 0 } : null;
    return { ...job, image: { file, spent, startedAt, receivedAt, transcript: '', unsaved } };
  }
  const mayRunAgain = attempts < deps.maxAttempts && runs < MAX_CRASHES;
  if (state === 'running' && mayRunAgain && (await deps.generations.requeue(id))) return job;
  const failure =
    file === null
      ? ({ kind: 'interrupted', details: {} } as const)
      : ({ kind: 'not_shown', details: { problem: 'send_failed' } } as const);
  await endGeneration(job, { state: 'interrupted', failure }, { spent }, deps);
  return null;
}

/** The end of a generation as its reply should say it; null for a picture that was delivered. */
async function describeEnd(
  { id, state, failure }: StoredGeneration,
  subject: Subject,
  { generations }: RecoveryDeps,
): Promise<FailedState | null> {
  if (state === 'delivered') return null;
  const unsaid = { kind: state === 'cancelled' ? state : 'interrupted', details: {} } as const;
  const reason = failure ?? (await generations.get(id))?.failure ?? unsaid;
  return { id, subject, failure: new Failure(reason, 'ended in an earlier process') };
}
