import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { Agent } from 'undici';
import {
  DAILY_LIMIT,
  Failure,
  type FailureKind,
  type ImageFile,
  type ModelKey,
  type Usage,
} from '../domain.ts';
import { ignoreEvents, type ModelAttemptEnded, type Report } from '../events.ts';
import { checkOwner } from '../images/spool/file-names.ts';
import type { Spool } from '../images/spool/spool.ts';
import { type AttemptReport, runAttempt } from './attempt.ts';
import { mayCharge, showsWork } from './charge.ts';
import { createRedact } from './errors/classify.ts';
import type { ModelEvent, ModelRequest } from './events.ts';
import { DEFAULT_LIMITS, type GeminiLimits } from './limits.ts';
import { createModelIds } from './model-ids.ts';
import { buildRequest } from './request.ts';
import { reasonOf } from './response/read-response.ts';
import { createEventLoopShare } from './stream/event-loop-share.ts';

export interface GenerateOptions {
  /**
   * Closes the socket at once. Its reason, when it is a `Failure`, is what is thrown. After
   * `interrupted` a whole picture stays in the spool, so that the next start can deliver it.
   */
  signal: AbortSignal;
  /** Requests that were sent for this generation before the process started anew. */
  attemptsBefore?: number;
  /** Epoch milliseconds; by default the whole limit from now. */
  deadline?: number;
  /** Awaited before each request, with its number: for the store. */
  beforeAttempt?: (attempt: number) => Promise<void>;
  /** Awaited after each request that brought no picture, before anything else happens. */
  afterAttempt?: (end: AttemptEnd) => Promise<void>;
}

/** What a request that brought no picture may cost. */
export interface AttemptEnd {
  kind: FailureKind;
  /** False where the provider surely charges nothing. */
  mayBeCharged: boolean;
  /** What the provider said of its tokens so far; null where it said nothing. */
  usage: Usage | null;
}

export interface Gemini {
  /** Asks for one picture. Ends with `outcome` or throws `Failure`. */
  generate(request: ModelRequest, options: GenerateOptions): AsyncGenerator<ModelEvent, void>;
  /** Of one generation, over all its runs. */
  readonly limits: Pick<GeminiLimits, 'attempts' | 'wholeTimeoutMs'>;
  /** Closes the connections; generations under way break. */
  close(): Promise<void>;
}

export interface GeminiDeps {
  baseUrl: URL;
  apiKey: string;
  models: Record<ModelKey, { id: string }>;
  spool: Spool;
  /** Hosts a model may name when it answers with an address instead of a picture. */
  imageHosts: readonly string[];
  log: Pick<Logger, 'warn'>;
  /** Gets the end of each request. */
  report?: Report;
  limits?: Partial<GeminiLimits>;
  now?: () => number;
  /** From 0 up to 1; spreads the retries. */
  random?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** The model's service, as the rest of the bot knows it. */
export function createGemini(deps: GeminiDeps): Gemini {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const { baseUrl, apiKey } = deps;
  const { now = Date.now, random = Math.random, report: reportEvent = ignoreEvents } = deps;
  const sleep = deps.sleep ?? ((ms, signal) => delay(ms, undefined, { signal }));
  const models = createModelIds(deps.models);
  const redact = createRedact(deps.apiKey);
  // All figures are HTTP/1.1; over HTTP/2 the pictures of several people would share one socket.
  const dispatcher = new Agent({
    allowH2: false,
    connect: { timeout: limits.connectTimeoutMs },
  });

  const loopShare = createEventLoopShare();

  /** Milliseconds until another attempt, or null when there shall be none. */
  function retryDelay(failure: Failure, attempt: number, report: AttemptReport): number | null {
    if (!failure.retryable || report.sawImage || attempt >= limits.attempts) return null;
    if (failure.details.problem === DAILY_LIMIT) return null;
    const wished = failure.details.retryAfterMs ?? 0;
    if (wished > limits.retryAfterMaxMs) return null;
    const backoff = limits.backoffMs * 2 ** (attempt - 1) * (0.5 + random());
    return Math.round(Math.max(wished * (1 + random() / 10), backoff));
  }

  /** Notes that a picture came by this id, and says so when another one was in use. */
  function noteAnswer(model: ModelKey, id: string): void {
    const before = models.answered(model, id);
    if (before === null) return;
    const message =
      id === deps.models[model].id
        ? 'the model’s own id is known again'
        : 'the model is gone; using its successor';
    deps.log.warn({ model, before, id }, message);
  }

  async function* generate(
    request: ModelRequest,
    options: GenerateOptions,
  ): AsyncGenerator<ModelEvent, void> {
    const deadline = options.deadline ?? now() + limits.wholeTimeoutMs;
    const whole = new AbortController();
    const timer = setTimeout(
      () =>
        whole.abort(
          new Failure('timeout', 'over the whole limit', { details: { problem: 'whole' } }),
        ),
      Math.max(0, deadline - now()),
    );
    const signal = AbortSignal.any([options.signal, whole.signal]);
    const report: AttemptReport = {
      sent: false,
      status: null,
      bytes: 0,
      sawImage: false,
      files: [],
    };
    let attempt = options.attemptsBefore ?? 0;
    let kept: ImageFile | null = null;
    /** Ids that this generation was told do not exist, and how. */
    const denied = new Map<string, Failure>();
    let after: FailureKind | undefined;

    try {
      // An id that the spool refuses must show before anything is paid for.
      checkOwner(request.id);
      if (attempt >= limits.attempts) throw new Failure('interrupted', 'no attempt is left');
      while (kept === null) {
        if (signal.aborted) throw reasonOf(signal);
        attempt += 1;
        await options.beforeAttempt?.(attempt);
        if (signal.aborted) throw reasonOf(signal);
        yield { type: 'attempt', attempt, ...(after && { after }) };
        after = undefined;
        Object.assign(report, { sent: false, status: null, bytes: 0 });
        const modelId = models.pick(request.model, denied);
        const startedAt = now();
        const ended = (end: Pick<ModelAttemptEnded, 'outcome' | 'problem' | 'followedBy'>) => {
          const { status, bytes } = report;
          const about = { id: request.id, model: request.model, modelId, attempt };
          const ms = now() - startedAt;
          reportEvent({ type: 'model_attempt_ended', ...about, status, bytes, ms, ...end });
        };
        let began = false;
        let usage: Usage | null = null;
        try {
          const wire = buildRequest(request, { baseUrl, apiKey, modelId });
          const attemptDeps = { ...deps, limits, dispatcher, redact, loopShare, now };
          for await (const event of runAttempt(wire, request.id, signal, attemptDeps, report)) {
            began ||= showsWork(event);
            if (event.type === 'usage') usage = event.usage;
            if (event.type !== 'outcome') {
              yield event;
              continue;
            }
            // A draft that became the result must not be taken for a draft after a crash.
            kept = await deps.spool.assign(event.image, 'image');
            noteAnswer(request.model, modelId);
            ended({ outcome: 'ok', problem: null, followedBy: null });
            yield { ...event, image: kept };
          }
        } catch (error) {
          let failure =
            error instanceof Failure ? error : new Failure('internal', 'a bug', { cause: error });
          const { kind } = failure;
          const { problem } = failure.details;
          const facts = { kind, problem, sent: report.sent, began: began || report.sawImage };
          await options.afterAttempt?.({ kind, mayBeCharged: mayCharge(facts), usage });
          if (failure.details.problem === 'unknown_model') {
            denied.set(modelId, failure);
            const isAnother = !denied.has(models.pick(request.model, denied));
            if (isAnother && !report.sawImage && attempt < limits.attempts) {
              after = failure.kind;
              ended({ outcome: after, problem: 'unknown_model', followedBy: 'successor' });
              continue;
            }
            failure = takeBackPassing(denied) ?? failure;
          }
          failure.details.attempts = attempt;
          const delayMs = retryDelay(failure, attempt, report);
          const isLast = delayMs === null || now() + delayMs >= deadline;
          const outcome = failure.kind;
          const told = failure.details.problem ?? null;
          ended({ outcome, problem: told, followedBy: isLast ? null : 'retry' });
          if (isLast) throw failure;
          yield {
            type: 'waiting',
            attempt,
            delayMs,
            kind: failure.kind as 'busy' | 'cut' | 'bad_answer',
          };
          await sleep(delayMs, signal).catch(() => {});
        }
      }
    } finally {
      clearTimeout(timer);
      await removeRest(report.files, kept, options.signal);
    }
  }

  /** Drafts and superseded pictures, and everything when there is no outcome. */
  async function removeRest(files: ImageFile[], kept: ImageFile | null, signal: AbortSignal) {
    const isInterrupted = signal.aborted && reasonOf(signal).kind === 'interrupted';
    for (const file of files) {
      if (file.path === kept?.path || (isInterrupted && isResult(file))) continue;
      await deps.spool.remove(file);
    }
  }

  return {
    generate,
    limits,
    close: () => dispatcher.destroy(),
  };
}

/**
 * Where no id is left, one that may be known again later outweighs those that are not known at all:
 * its denial is forgotten, and returned for the generation to be judged by.
 */
function takeBackPassing(denied: Map<string, Failure>): Failure | null {
  const passing = [...denied].filter(([, failure]) => failure.retryable);
  for (const [id] of passing) denied.delete(id);
  return passing.at(-1)?.[1] ?? null;
}

/** The role stands in the file's name; see the spool. */
function isResult(file: ImageFile): boolean {
  return /\.image\.[a-z]+$/.test(file.path);
}
