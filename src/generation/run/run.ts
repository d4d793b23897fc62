import { budgetFor } from '../../admission/reference-budget.ts';
import { Failure, type GenerationRequest, type ImageFile, type Reference } from '../../domain.ts';
import type { ReferenceFile } from '../../gemini/model-events.ts';
import { elapsedMs, notAfter } from '../../store/moments.ts';
import { withoutHidden } from '../../word-filter/visible-text.ts';
import { type GeneratedImage, type Job, type RunDeps, workingState } from '../job.ts';
import type { LiveReply } from '../live-reply.ts';
import type { Run, RunEnd } from './context.ts';
import { deliver, save } from './deliver.ts';
import { announceEnd, type End, endGeneration } from './end-generation.ts';
import { Progress } from './progress.ts';
import { RunTotals } from './totals.ts';

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

/**
 * How often the store is given the chance to take a picture down before it goes out all the same:
 * about two minutes by `storePauseMs`, well before a token dies.
 */
const MAX_SAVES = 8;

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
  const run = createRun(job, reply, deps, signal);
  let image = job.image;
  try {
    image ??= await generate(run);
    if (image === null) return SETTLED;
    image = await trySaving(run, image);
    if (image.unsaved !== null && image.unsaved.tries < MAX_SAVES) {
      reply.show(workingState(job, 'unsaved'));
      return { kind: 'unsaved', image };
    }
    return await deliver(run, image);
  } catch (error) {
    // A stop shows up as whatever it broke; what stopped it is the better reason.
    const cause: unknown = run.signal.aborted ? run.signal.reason : error;
    const failure = toFailure(cause, run);
    if (image === null) return await fail(run, failure, run.totals.spent);
    return await fail(run, withPictureKept(failure), image.spent);
  }
}

function createRun(job: Job, reply: LiveReply, deps: RunDeps, signal: AbortSignal): Run {
  const { id, request } = job.subject;
  const log = deps.log.child({ id, model: request.model, size: request.size });
  const runDeps = { ...deps, log };
  return {
    job,
    reply,
    deps: runDeps,
    progress: new Progress(job, reply, runDeps),
    totals: new RunTotals(job, runDeps),
    // Nobody can see the result of a deleted message, so nobody pays for it either.
    signal: AbortSignal.any([signal, reply.deleted]),
  };
}

/** The picture as the store has it now; still unsaved where the store did not take it down. */
async function trySaving(run: Run, image: GeneratedImage): Promise<GeneratedImage> {
  try {
    return await save(run, image);
  } catch (error) {
    const unsaved = image.unsaved && { ...image.unsaved, tries: image.unsaved.tries + 1 };
    const { log } = run.deps;
    log.error(
      { err: error, tries: unsaved?.tries },
      'the database cannot take a picture down that is whole',
    );
    return { ...image, unsaved };
  }
}

/** What went wrong about a picture that is whole, so that nobody pays for it once more. */
function withPictureKept(failure: Failure): Failure {
  if (['cancelled', 'interrupted', 'not_shown'].includes(failure.kind)) return failure;
  const cause = failure.cause ?? failure;
  return new Failure('not_shown', failure.message, { details: { problem: 'send_failed' }, cause });
}

/** Everything up to the whole picture; null when the store says that it is no longer wanted. */
async function generate(run: Run): Promise<GeneratedImage | null> {
  const { job, deps, progress, totals } = run;
  const { id, request } = job.subject;
  if (!(await deps.generations.start(id))) return null;
  totals.countRun();
  const startedAt = deps.now();
  const waitedMs = elapsedMs(job.askedAt, startedAt);
  const { model, size } = request;
  const { runs, attempts } = totals.spent;
  deps.report({ type: 'run_started', id, model, size, waitedMs, runs, attempts });
  deps.log.debug({ prompt: request.prompt }, 'prompt');
  await progress.begin();

  const references: (ReferenceFile & ImageFile)[] = [];
  try {
    await fetchReferences(run, references);
    return await askModel(run, references, startedAt);
  } finally {
    await Promise.all(references.map((file) => deps.removeFile(file)));
  }
}

/** @param fetched Gets each file as soon as it is there: whoever asked removes them in any case. */
async function fetchReferences(
  { job, deps, signal }: Run,
  fetched: (ReferenceFile & ImageFile)[],
): Promise<void> {
  const { id, request } = job.subject;
  const { maxReferenceBytes, log } = deps;
  let bytes = 0;
  for (const [index, reference] of request.references.entries()) {
    const budgetBytes = budgetFor(index, request.references, bytes, maxReferenceBytes);
    const file = await deps.fetchReference(reference, id, budgetBytes, signal);
    log.info({ bytes: file.bytes, mime: file.mime }, 'reference fetched');
    fetched.push(file);
    // What Discord said of their sizes was checked before; this is what they have.
    bytes += file.bytes;
    if (bytes > maxReferenceBytes) throw tooLargeTogether(reference);
  }
}

async function askModel(
  run: Run,
  references: ReferenceFile[],
  startedAt: number,
): Promise<GeneratedImage> {
  const { job, deps, progress, totals, signal } = run;
  const { gemini, now } = deps;
  const { id, request } = job.subject;
  const { model, ratio, size } = request;
  const { firstAttemptAt } = job;
  const events = gemini.generate(
    { id, prompt: instructionFor(request), model, ratio, size, references },
    {
      signal,
      attemptsBefore: job.spent.attempts,
      ...(firstAttemptAt !== null && {
        deadline: notAfter(now(), firstAttemptAt) + gemini.limits.wholeTimeoutMs,
      }),
      beforeAttempt: (attempt) => countAttempt(run, attempt),
      afterAttempt: (end) => totals.noteFailedAttempt(end),
    },
  );
  for await (const event of events) {
    if (event.type !== 'outcome') {
      progress.follow(event);
      continue;
    }
    const { spent, accounted } = totals.withImage(event.usage);
    const { text: transcript } = progress.transcript;
    const unsaved = { accounted, tries: 0 };
    return { file: event.image, spent, startedAt, receivedAt: now(), transcript, unsaved };
  }
  throw new Failure('internal', 'the model’s events ended without an outcome');
}

/**
 * For the model, in the language that it knows best. What the picture shows is not said: where it
 * was made by an edit, those words would ask for the edit once more.
 */
const ENLARGE =
  'Reproduce this picture with more detail and sharpness at a higher resolution. Keep everything in it exactly as it is.';

/** What the model is told: the person's words, or our own where a click asked and not words. */
export function instructionFor(request: GenerationRequest): string {
  // Of a request that an older version stored, too, nothing goes out that nobody sees.
  return request.intent === 'enlarge' ? ENLARGE : withoutHidden(request.prompt);
}

function tooLargeTogether({ name: file }: Reference): Failure {
  return new Failure('reference', 'references: too large together', {
    details: { file, problem: 'too_large_together' },
  });
}

/** Notes a request before it is sent, and sends none whose result nothing could show. */
async function countAttempt({ job, reply, deps, totals }: Run, attempt: number): Promise<void> {
  // Whoever was paid for goes on without the words; nobody pays for what was blocked before that.
  if (attempt === 1 && (await reply.areWordsBlocked())) {
    throw new Failure('limit', 'AutoMod blocks the prompt', { details: { problem: 'automod' } });
  }
  if (!reply.isReachable()) throw new Failure('timeout', 'nothing could show the result any more');
  const counted = await deps.generations.countAttempt(job.subject.id);
  if (counted === null) {
    throw new Failure('cancelled', 'the database no longer has it as running');
  }
  totals.countAttempts(counted.attempts);
}

/** Settles a run that brought no picture to the person: the store first, then the reply. */
async function fail(run: Run, failure: Failure, spent: Job['spent']): Promise<RunEnd> {
  const { job, reply, progress, deps } = run;
  const { log } = deps;
  const { kind, details } = failure;
  if (details.problem === 'shutdown') {
    log.info('left for the next start');
    await progress.pause();
    return SETTLED;
  }
  const conclusion: End = {
    state: kind === 'cancelled' || kind === 'interrupted' ? kind : 'failed',
    failure,
    transcript: progress.transcript.text,
  };
  const { subject } = job;
  const record = () => endGeneration(job, conclusion, { spent }, deps);
  let isRecorded = true;
  try {
    if (!(await record())) return SETTLED;
  } catch (error) {
    // Open in the store, the next start would ask for it again; the person must not wait for that.
    isRecorded = false;
    log.error({ err: error, kind, reason: failure.message }, 'the end could not be written down');
  }
  const notice = await announceEnd({ id: subject.id, subject, failure }, reply, log);
  if (!isRecorded) return { kind: 'unrecorded', record: async () => void (await record()), notice };
  return notice === null ? SETTLED : { kind: 'unannounced', notice };
}

function toFailure(error: unknown, { reply, totals }: Run): Failure {
  if (reply.deleted.aborted) return cancelledFailure('the message was deleted', totals.hasAsked);
  const failure = Failure.from(error, 'unexpected error in a run');
  return failure.kind === 'cancelled'
    ? cancelledFailure(failure.message, totals.hasAsked)
    : failure;
}
