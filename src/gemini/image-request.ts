import type { Logger } from 'pino';
import {
  Failure,
  type FailureKind,
  type ImageFile,
  isPassing,
  type ModelKey,
  type Usage,
} from '../domain.ts';
import type { ModelAttemptEnded, Report } from '../events.ts';
import { checkOwner } from '../images/spool/file-names.ts';
import type { Spool } from '../images/spool/spool.ts';
import { type AttemptDeps, type AttemptReport, runAttempt } from './attempt.ts';
import { mayCharge, showsWork } from './charge.ts';
import type { GeminiLimits } from './limits.ts';
import type { ModelEvent, ModelRequest } from './model-events.ts';
import type { ModelIds } from './model-ids.ts';
import { buildRequest } from './request.ts';
import { reasonOf } from './response/read-response.ts';

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

/** What the service is given. */
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

/** What all requests of the service share. */
export interface ImageRequestDeps extends AttemptDeps, Required<Omit<GeminiDeps, 'limits'>> {
  modelIds: ModelIds;
}

/** One attempt while it runs. */
interface Attempt {
  modelId: string;
  startedAt: number;
  /** The model showed that it works. */
  began: boolean;
  usage: Usage | null;
}

/** How an attempt ended, for whoever listens. */
type AttemptOutcome = Pick<ModelAttemptEnded, 'outcome' | 'problem' | 'followedBy'>;

/** One picture that is asked for, over all its attempts. */
export class ImageRequest {
  readonly #request: ModelRequest;
  readonly #options: GenerateOptions;
  readonly #deps: ImageRequestDeps;
  /** Epoch milliseconds. */
  readonly #deadline: number;
  readonly #report: AttemptReport = {
    sent: false,
    status: null,
    bytes: 0,
    sawImage: false,
    files: [],
  };
  /** Number of the attempt in progress, those before a restart included. */
  #attempt: number;
  /** The file of the outcome. Set by the attempt that succeeds, which is the last one. */
  #result: ImageFile | null = null;
  /** Ids that this request was told do not exist, and how. */
  readonly #denied = new Map<string, Failure>();
  /** How the attempt before failed, where this one follows at once. Cleared as it begins. */
  #follows: FailureKind | null = null;

  constructor(request: ModelRequest, options: GenerateOptions, deps: ImageRequestDeps) {
    this.#request = request;
    this.#options = options;
    this.#deps = deps;
    this.#deadline = options.deadline ?? deps.now() + deps.limits.wholeTimeoutMs;
    this.#attempt = options.attemptsBefore ?? 0;
  }

  /** Ends with `outcome` or throws `Failure`. */
  async *run(): AsyncGenerator<ModelEvent, void> {
    const { limits, now } = this.#deps;
    const whole = new AbortController();
    const timeout = new Failure('timeout', 'over the whole limit', {
      details: { problem: 'whole' },
    });
    const timer = setTimeout(() => whole.abort(timeout), Math.max(0, this.#deadline - now()));
    const signal = AbortSignal.any([this.#options.signal, whole.signal]);
    try {
      // An id that the spool refuses must show before anything is paid for.
      checkOwner(this.#request.id);
      if (this.#attempt >= limits.attempts) throw new Failure('interrupted', 'no attempt is left');
      while (this.#result === null) {
        if (signal.aborted) throw reasonOf(signal);
        this.#attempt += 1;
        await this.#options.beforeAttempt?.(this.#attempt);
        if (signal.aborted) throw reasonOf(signal);
        yield* this.#runAttempt(signal);
      }
    } finally {
      clearTimeout(timer);
      await this.#removeRest();
    }
  }

  async *#runAttempt(signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    const after = this.#follows;
    this.#follows = null;
    yield { type: 'attempt', attempt: this.#attempt, ...(after && { after }) };
    Object.assign(this.#report, { sent: false, status: null, bytes: 0 });
    const { modelIds, now } = this.#deps;
    const modelId = modelIds.pick(this.#request.model, this.#denied);
    const attempt: Attempt = { modelId, startedAt: now(), began: false, usage: null };
    try {
      yield* this.#readResponse(attempt, signal);
    } catch (error) {
      yield* this.#followFailure(Failure.from(error, 'a bug'), attempt, signal);
    }
  }

  async *#readResponse(attempt: Attempt, signal: AbortSignal): AsyncGenerator<ModelEvent, void> {
    const { modelId } = attempt;
    const wire = buildRequest(this.#request, { ...this.#deps, modelId });
    const owner = this.#request.id;
    for await (const event of runAttempt(wire, owner, signal, this.#deps, this.#report)) {
      attempt.began ||= showsWork(event);
      if (event.type === 'usage') attempt.usage = event.usage;
      if (event.type !== 'outcome') {
        yield event;
        continue;
      }
      // A draft that became the result must not be taken for a draft after a crash.
      this.#result = await this.#deps.spool.assign(event.image, 'image');
      this.#noteSuccess(modelId);
      this.#tellEnd(attempt, { outcome: 'ok', problem: null, followedBy: null });
      yield { ...event, image: this.#result };
    }
  }

  /** Waits for the next attempt where there shall be one; throws the failure otherwise. */
  async *#followFailure(
    failure: Failure,
    attempt: Attempt,
    signal: AbortSignal,
  ): AsyncGenerator<ModelEvent, void> {
    const { kind } = failure;
    const { problem } = failure.details;
    const { sent, sawImage } = this.#report;
    const facts = { kind, problem, sent, began: attempt.began || sawImage };
    const mayBeCharged = mayCharge(facts);
    await this.#options.afterAttempt?.({ kind, mayBeCharged, usage: attempt.usage });
    let last = failure;
    if (problem === 'unknown_model') {
      this.#denied.set(attempt.modelId, failure);
      if (this.#hasSuccessor()) {
        this.#follows = kind;
        this.#tellEnd(attempt, { outcome: kind, problem, followedBy: 'successor' });
        return;
      }
      last = takeBackPassing(this.#denied) ?? failure;
    }
    const { kind: outcome, details } = last;
    const delayMs = isPassing(outcome) ? this.#retryDelay(last) : null;
    const isLast = delayMs === null || this.#deps.now() + delayMs >= this.#deadline;
    const followedBy = isLast ? null : 'retry';
    this.#tellEnd(attempt, { outcome, problem: details.problem ?? null, followedBy });
    // Whoever cancelled recognises the reason by being that very object.
    if (signal.aborted && last === signal.reason) throw last;
    if (isLast || !isPassing(outcome)) {
      const facts = { details: { attempts: this.#attempt }, cause: last };
      throw new Failure(last.reason, last.message, facts);
    }
    yield { type: 'waiting', attempt: this.#attempt, delayMs, kind: outcome };
    await this.#deps.sleep(delayMs, signal).catch(() => {});
  }

  /** Whether the model may be asked for at once by an id that was not denied. */
  #hasSuccessor(): boolean {
    const { modelIds, limits } = this.#deps;
    const isAnother = !this.#denied.has(modelIds.pick(this.#request.model, this.#denied));
    return isAnother && !this.#report.sawImage && this.#attempt < limits.attempts;
  }

  /** Milliseconds until another attempt, or null when there shall be none. */
  #retryDelay({ details }: Failure): number | null {
    const { limits, random } = this.#deps;
    if (this.#report.sawImage || this.#attempt >= limits.attempts) return null;
    if (details.problem === 'daily_limit') return null;
    const wished = details.retryAfterMs ?? 0;
    if (wished > limits.retryAfterMaxMs) return null;
    const backoff = limits.backoffMs * 2 ** (this.#attempt - 1) * (0.5 + random());
    return Math.round(Math.max(wished * (1 + random() / 10), backoff));
  }

  #tellEnd({ modelId, startedAt }: Attempt, end: AttemptOutcome): void {
    const { status, bytes } = this.#report;
    const { id, model } = this.#request;
    const ms = this.#deps.now() - startedAt;
    const about = { id, model, modelId, attempt: this.#attempt, status, bytes, ms };
    this.#deps.report({ type: 'model_attempt_ended', ...about, ...end });
  }

  /** Notes that a picture came by this id, and says so when another one was in use. */
  #noteSuccess(id: string): void {
    const { model } = this.#request;
    const before = this.#deps.modelIds.answered(model, id);
    if (before === null) return;
    const message =
      id === this.#deps.models[model].id
        ? 'the model’s own id is known again'
        : 'the model is gone; using its successor';
    this.#deps.log.warn({ model, before, id }, message);
  }

  /** Drafts and superseded pictures, and everything when there is no outcome. */
  async #removeRest(): Promise<void> {
    const { signal } = this.#options;
    const isInterrupted = signal.aborted && reasonOf(signal).kind === 'interrupted';
    for (const file of this.#report.files) {
      if (file.path === this.#result?.path || (isInterrupted && isResult(file))) continue;
      await this.#deps.spool.remove(file);
    }
  }
}

/**
 * Where no id is left, one that may be known again later outweighs those that are not known at all:
 * its denial is forgotten, and returned for the generation to be judged by.
 */
function takeBackPassing(denied: Map<string, Failure>): Failure | null {
  const passing = [...denied].filter(([, failure]) => isPassing(failure.kind));
  for (const [id] of passing) denied.delete(id);
  return passing.at(-1)?.[1] ?? null;
}

/** The role stands in the file's name; see the spool. */
function isResult(file: ImageFile): boolean {
  return /\.image\.[a-z]+$/.test(file.path);
}
