import type { Logger } from 'pino';
import { Failure, type GenerationRequest, type ImageFile, type Reference } from '../domain.ts';
import type { ReferenceFile } from '../gemini/events.ts';
import type { Gemini } from '../gemini/gemini.ts';
import type { DoneState, LiveReply, WorkingState } from './live-reply.ts';
import { createTranscript } from './transcript.ts';

/** What a run needs from the rooms to its right; built in `main.ts`. */
export interface RunDeps {
  gemini: Gemini;
  fetchReference: (
    reference: Reference,
    owner: string,
    signal: AbortSignal,
  ) => Promise<ReferenceFile & ImageFile>;
  removeFile: (file: ImageFile) => Promise<void>;
  log: Logger;
  now: () => number;
}

/** One picture to be made and shown. */
export interface Job {
  id: string;
  request: GenerationRequest;
  /** Epoch milliseconds at which the person asked. */
  startedAt: number;
}

/**
 * Runs one generation from its references to the delivered picture, showing its states as they
 * come. Whatever goes wrong ends in the reply; the promise never rejects.
 */
export async function runGeneration(
  job: Job,
  reply: LiveReply,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  const log = deps.log.child({ id: job.id, model: job.request.model, size: job.request.size });
  // Nobody can see the result of a deleted message, so nobody pays for it either.
  const stop = AbortSignal.any([signal, reply.gone]);
  try {
    const done = await develop(job, reply, deps, stop);
    log.info({ bytes: done.image.bytes, mime: done.image.mime, ms: done.durationMs }, 'developed');
    try {
      await reply.deliver(done);
      log.info({ ms: deps.now() - job.startedAt }, reply.gone.aborted ? 'reply gone' : 'delivered');
    } finally {
      await deps.removeFile(done.image);
    }
  } catch (error) {
    // A stop shows up as whatever it broke; what stopped it is the better reason.
    await end(job, reply, stop.aborted ? stop.reason : error, log);
  }
}

/** Everything up to the whole picture. */
async function develop(
  job: Job,
  reply: LiveReply,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<DoneState> {
  const { id, request, startedAt } = job;
  const transcript = createTranscript();
  let state: WorkingState = {
    id,
    request,
    startedAt,
    phase: 'preparing',
    thought: null,
    retry: null,
  };
  const show = (change: Partial<WorkingState>): void => {
    state = { ...state, ...change };
    reply.show(state);
  };
  show({});

  const references: (ReferenceFile & ImageFile)[] = [];
  try {
    for (const reference of request.references) {
      references.push(await deps.fetchReference(reference, id, signal));
    }
    const { prompt, model, ratio, size } = request;
    const events = deps.gemini.generate({ id, prompt, model, ratio, size, references }, { signal });
    for await (const event of events) {
      switch (event.type) {
        case 'attempt':
          show({ phase: 'thinking', retry: null });
          break;
        case 'waiting':
          show({
            phase: 'waiting',
            retry: { attempt: event.attempt + 1, at: deps.now() + event.delayMs },
          });
          break;
        case 'thought':
          transcript.add(event.text);
          show({ phase: 'thinking', thought: transcript.latest() });
          break;
        case 'draft':
        case 'image':
          show({ phase: 'drawing' });
          break;
        case 'text':
        case 'usage':
          break;
        case 'outcome': {
          const durationMs = deps.now() - startedAt;
          return { id, request, image: event.image, usage: event.usage, durationMs };
        }
      }
    }
    throw new Failure('internal', 'the model’s events ended without an outcome');
  } finally {
    await Promise.all(references.map((file) => deps.removeFile(file)));
  }
}

/** Settles a run that brought no picture to the person: the log first, then the reply. */
async function end(job: Job, reply: LiveReply, error: unknown, log: Logger): Promise<void> {
  if (reply.gone.aborted) {
    log.info('reply gone');
    return;
  }
  const failure =
    error instanceof Failure
      ? error
      : new Failure('internal', 'unexpected error in a run', { cause: error });
  logFailure(failure, log);
  try {
    await reply.fail({ id: job.id, request: job.request, failure });
  } catch (replyError) {
    log.error({ err: replyError }, 'the reply could not be told of the failure');
  }
}

/** The operator hears of what only the operator can mend; the rest is the day's business. */
function logFailure(failure: Failure, log: Logger): void {
  const about = { kind: failure.kind, status: failure.details.status, err: failure };
  if (failure.kind === 'internal' || failure.kind === 'misconfigured') log.error(about, 'failed');
  else if (failure.kind === 'no_space') log.error(about, 'failed');
  else log.info({ kind: failure.kind, status: failure.details.status }, 'failed');
}
