import type { Logger } from 'pino';
import { roomFor } from '../admission/reference-budget.ts';
import { DAILY_LIMIT, Failure, type ImageFile, type Reference } from '../domain.ts';
import type { ModelEvent, ReferenceFile } from '../gemini/events.ts';
import { DEFAULT_LIMITS } from '../gemini/limits.ts';
import { elapsedMs, notAfter } from '../store/moments.ts';
import type { Conclusion, Generations } from '../store/store.ts';
import { type Account, createAccount } from './account.ts';
import { deliver, save } from './deliver.ts';
import { instructionFor } from './instruction.ts';
import {
  type Job,
  type Made,
  type RunDeps,
  type RunEnd,
  subjectOf,
  type Untold,
  workingState,
} from './job.ts';
import type { FailedState, LiveReply } from './live-reply.ts';
import { createProgress, type Progress } from './progress.ts';

/** The process is ending: what runs is left as it is, and the next process goes on with it. */
export function shutdownFailure(): Failure {
  return new Failure('interrupted', 'the process stops', { details: { problem: 'shutdown' } });
}

/**
 * The end that a person brought about.
 *
 * @param asked the model was asked already, so that it counts all the same; its text says so.
 */
export function cancelledFailure(message: string, asked: boolean): Failure {
  return new Failure('cancelled', message, asked ? { details: { problem: 'counts' } } : {});
}

const SETTLED: RunEnd = { kind: 'settled' };

/**
 * Runs one generation from its references to the delivered picture, showing its states as they
 * come. Each step is in the store before the next begins, so that a process that dies anywhere is
 * followed by one that goes on from there. Whatever goes wrong ends in the reply; never rejects.
 */
export async function runGeneration(
  job: Job,
  reply: LiveReply,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<RunEnd> {
  const log = deps.log.child({ id: job.id, model: job.request.model, size: job.request.size });
  // Nobody can see the result of a deleted message, so nobody pays for it either.
  const stop = AbortSignal.any([signal, reply.gone]);
  const account = createAccount(job, { ...deps, log });
  const progress = createProgress(job, reply, { ...deps, log });
  let made = job.made;
  try {
    made ??= await develop(job, reply, progress, account, { ...deps, log }, stop);
    if (made === null) return SETTLED;
    if (!(await isSaved(job, made, { ...deps, log }))) {
      reply.show(workingState(job, 'unsaved'));
      return { kind: 'unsaved', made };
    }
    const { bytes, mime, width, height } = made.image;
    const ms = elapsedMs(job.askedAt, made.receivedAt);
    log.info({ bytes, mime, width, height, ms }, 'image received');
    return await deliver(job, made, reply, { ...deps, log }, stop);
  } catch (error) {
    // A stop shows up as whatever it broke; what stopped it is the better reason.
    const cause: unknown = stop.aborted ? stop.reason : error;
    const failure = toFailure(cause, reply, account.asked);
    const kept = made === null ? failure : withPictureKept(failure);
    return await end(job, reply, progress, kept, { ...deps, log });
  }
}

/**
 * How often the store is given the chance to take a picture down before it goes out all the same:
 * about two minutes by `storePauseMs`, well before a token dies.
 */
const MAX_SAVES = 8;

/** Whether the picture may go out: it is in the store, or has waited for that long enough. */
async function isSaved(job: Job, made: Made, deps: RunDeps): Promise<boolean> {
  try {
    await save(job, made, deps);
    return true;
  } catch (error) {
    if (made.unsaved) made.unsaved.tries += 1;
    const tries = made.unsaved?.tries ?? 0;
    deps.log.error({ err: error, tries }, 'the database cannot take a picture down that is whole');
    return tries >= MAX_SAVES;
  }
}

/** What went wrong about a picture that is whole, so that nobody pays for it once more. */
function withPictureKept(failure: Failure): Failure {
  const { kind, details } = failure;
  const isOwnEnd = kind === 'cancelled' || kind === 'interrupted';
  if (isOwnEnd || details.problem !== undefined) return failure;
  const cause = failure.cause ?? failure;
  return new Failure('internal', failure.message, { details: { problem: 'not_shown' }, cause });
}

/** Everything up to the whole picture; null when the store says that it is no longer wanted. */
async function develop(
  job: Job,
  reply: LiveReply,
  progress: Progress,
  account: Account,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<Made | null> {
  const { id, request } = job;
  if (!(await deps.generations.start(id))) return null;
  deps.log.info(
    { waitedMs: elapsedMs(job.askedAt, deps.now()), attempts: job.attempts },
    'started',
  );
  deps.log.debug({ prompt: request.prompt }, 'prompt');
  await progress.begin();

  const references: (ReferenceFile & ImageFile)[] = [];
  try {
    let bytes = 0;
    for (const [index, reference] of request.references.entries()) {
      const roomBytes = roomFor(index, request.references, bytes, deps.maxReferenceBytes);
      const file = await deps.fetchReference(reference, id, roomBytes, signal);
      deps.log.info({ bytes: file.bytes, mime: file.mime }, 'reference fetched');
      references.push(file);
      // What Discord said of their sizes was checked before; this is what they have.
      bytes += file.bytes;
      if (bytes > deps.maxReferenceBytes) throw tooLargeTogether(reference);
    }
    const { model, ratio, size } = request;
    const events = deps.gemini.generate(
      { id, prompt: instructionFor(request), model, ratio, size, references },
      {
        signal,
        attemptsBefore: job.attempts,
        ...(job.firstAttemptAt === null
          ? {}
          : { deadline: notAfter(deps.now(), job.firstAttemptAt) + DEFAULT_LIMITS.wholeTimeoutMs }),
        beforeAttempt: (attempt) => countAttempt(id, attempt, reply, account, deps.generations),
        afterAttempt: account.note,
      },
    );
    for await (const event of events) {
      if (event.type === 'outcome') return keep(event, account, progress, deps);
      progress.follow(event);
    }
    throw new Failure('internal', 'the model’s events ended without an outcome');
  } finally {
    await Promise.all(references.map((file) => deps.removeFile(file)));
  }
}

function tooLargeTogether({ name: file }: Reference): Failure {
  return new Failure('reference', 'references: too large together', {
    details: { file, problem: 'too_large_together' },
  });
}

/** Notes a request before it is sent, and sends none whose result nothing could show. */
async function countAttempt(
  id: string,
  attempt: number,
  reply: LiveReply,
  account: Account,
  generations: Generations,
): Promise<void> {
  // Whoever was paid for goes on without the words; nobody pays for what was blocked before that.
  if (attempt === 1 && (await reply.areWordsBlocked())) {
    throw new Failure('limit', 'AutoMod blocks the prompt', { details: { problem: 'automod' } });
  }
  if (!reply.isReachable()) throw new Failure('timeout', 'nothing could show the result any more');
  if ((await generations.countAttempt(id)) === null) {
    throw new Failure('cancelled', 'the database no longer has it as running');
  }
  account.asked = true;
}

function keep(
  { image, usage }: Extract<ModelEvent, { type: 'outcome' }>,
  account: Account,
  { transcript }: Progress,
  { now }: RunDeps,
): Made {
  const { accounted, ...spent } = account.withPicture(usage);
  const unsaved = { accounted, tries: 0 };
  return { image, ...spent, receivedAt: now(), transcript: transcript.text, unsaved };
}

/** Settles a run that brought no picture to the person: the store first, then the reply. */
async function end(
  job: Job,
  reply: LiveReply,
  progress: Progress,
  failure: Failure,
  { generations, log }: RunDeps,
): Promise<RunEnd> {
  const { kind, details } = failure;
  if (details.problem === 'shutdown') {
    log.info('left for the next start');
    await progress.pause();
    return SETTLED;
  }
  logFailure(failure, log);
  const conclusion: Conclusion = {
    state: kind === 'cancelled' || kind === 'interrupted' ? kind : 'failed',
    failure: { kind, details },
    transcript: progress.transcript.text,
  };
  const state = { id: job.id, subject: subjectOf(job), failure };
  let isRecorded = true;
  try {
    if (!(await generations.conclude(job.id, conclusion))) return SETTLED;
  } catch (error) {
    // Open in the store, the next start would ask for it again; the person must not wait for that.
    isRecorded = false;
    log.error({ err: error }, 'the end could not be written down');
  }
  const untold = await tell(state, reply, log);
  if (isRecorded) return untold === undefined ? SETTLED : { kind: 'untold', ...untold };
  const record = async () => {
    await generations.conclude(job.id, conclusion);
  };
  return { kind: 'unrecorded', record, untold };
}

async function tell(
  state: FailedState,
  reply: LiveReply,
  log: Logger,
): Promise<Untold | undefined> {
  try {
    const isRefused = (await reply.fail(state)) === 'refused';
    return isRefused ? { state, isRefused } : undefined;
  } catch (error) {
    log.error({ err: error }, 'the reply could not be told of the failure');
    return { state, isRefused: false };
  }
}

function toFailure(error: unknown, reply: LiveReply, asked: boolean): Failure {
  if (reply.gone.aborted) return cancelledFailure('the message was deleted', asked);
  if (error instanceof Failure) {
    return error.kind === 'cancelled' ? cancelledFailure(error.message, asked) : error;
  }
  return new Failure('internal', 'unexpected error in a run', { cause: error });
}

const OPERATORS_BUSINESS: ReadonlySet<string> = new Set(['internal', 'misconfigured', 'no_space']);

/** The operator hears of what only the operator can mend; the rest is the day's business. */
function logFailure(failure: Failure, log: Logger): void {
  const { kind, details } = failure;
  if (OPERATORS_BUSINESS.has(kind) || details.problem === DAILY_LIMIT)
    log.error({ kind, err: failure }, 'failed');
  else log.info({ kind, status: details.status, reason: details.reason }, 'failed');
}
