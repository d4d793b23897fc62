import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { Failure, type ImageFile } from '../domain.ts';
import type { Spool } from '../images/spool.ts';
import { type AnswerReader, createAnswerReader } from './answer.ts';
import { plainBody, readStart } from './body.ts';
import { classifyProviderError, classifyTransportError, type Redact } from './errors.ts';
import type { ModelEvent } from './events.ts';
import { createFraming, type Framing } from './framing.ts';
import type { GeminiLimits } from './limits.ts';
import { conclude } from './outcome.ts';
import { fetchPicture } from './picture-url.ts';
import { parseRetryAfter, readProviderError } from './provider-error.ts';
import type { WireRequest } from './request.ts';

export interface AttemptDeps {
  dispatcher: Dispatcher;
  spool: Spool;
  imageHosts: readonly string[];
  limits: GeminiLimits;
  redact: Redact;
  now: () => number;
}

/** What one attempt did, for its caller to judge and to log; true even when it throws. */
export interface AttemptReport {
  /** Null while there are no headers. */
  status: number | null;
  bytes: number;
  /** An image, or the beginning of one, arrived: asking again would pay for it twice. */
  sawImage: boolean;
  /** Whole pictures on disk; the caller removes those that are not the outcome. */
  files: ImageFile[];
}

/** One request and the reading of its answer. `owner` is the generation's id. */
export async function* runAttempt(
  wire: WireRequest,
  owner: string,
  signal: AbortSignal,
  deps: AttemptDeps,
  report: AttemptReport,
): AsyncGenerator<ModelEvent, void> {
  const settled = new AbortController();
  const anySignal = AbortSignal.any([signal, settled.signal]);
  const body = await send(wire, anySignal, deps, report);
  const { limits, redact } = deps;

  const nonce = randomBytes(12).toString('hex');
  const onPicture = () => {
    report.sawImage = true;
  };
  const framing = createFraming({
    openSink: () => deps.spool.open(owner),
    nonce,
    limits,
    onPicture,
  });
  const answer = createAnswerReader({
    nonce,
    pictures: framing.pictures,
    spool: deps.spool,
    limits,
    fetchPicture: (url, role) => {
      report.sawImage = true;
      return fetchPicture(url, role, { ...deps, owner, signal: anySignal });
    },
    onFile: (image) => report.files.push(image),
  });

  let failure: Failure | null = null;
  let cut = false;
  const patience = createPatience(limits.afterImageTimeoutMs, settled);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      report.bytes += chunk.length;
      for await (const message of framing.feed(chunk)) yield* answer.read(message);
      patience.heard(isSettled(answer));
    }
    cut = yield* readRest(framing, answer);
  } catch (error) {
    failure = anySignal.aborted ? reasonOf(anySignal) : classifyTransportError(error, true, redact);
    if (failure.kind === 'cut') cut = (yield* readRest(framing, answer)) || cut;
  } finally {
    patience.stop();
    body.destroy();
    await framing.pictures.discardUnclaimed();
  }
  // A person's cancel, or the end of the process, is not overruled by what came before it.
  if (signal.aborted && reasonOf(signal).kind !== 'timeout') throw reasonOf(signal);
  const { usage, finishReason } = answer.tally;
  yield {
    type: 'outcome',
    image: conclude(answer.tally, { failure, cut }, redact),
    usage,
    finishReason,
  };
}

/** What a signal was aborted with; anything but a `Failure` counts as a cancel. */
export function reasonOf(signal: AbortSignal): Failure {
  const { reason } = signal;
  return reason instanceof Failure ? reason : new Failure('cancelled', 'the signal was aborted');
}

/** Sends, and returns the body of an answer that is none of the errors HTTP itself tells. */
async function send(
  wire: WireRequest,
  signal: AbortSignal,
  deps: AttemptDeps,
  report: AttemptReport,
): Promise<Readable> {
  const { limits, redact } = deps;
  try {
    const answer = await request(wire.origin + wire.path, {
      dispatcher: deps.dispatcher,
      method: 'POST',
      headers: wire.headers,
      body: Readable.from(wire.body(), { objectMode: false }),
      signal,
      headersTimeout: limits.idleTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
    });
    report.status = answer.statusCode;
    const { 'content-encoding': encoding, 'retry-after': retryAfter } = answer.headers;
    const body = plainBody(answer.body, String(encoding ?? ''));
    // Whoever stops reading destroys the body; an error after that has no other listener.
    body.on('error', () => {});
    if (answer.statusCode >= 200 && answer.statusCode < 300) return body;
    const text = await readStart(body, limits.errorBytes).catch(() => '');
    const error = readProviderError(parseLoosely(text), true);
    const after = parseRetryAfter(String(retryAfter ?? ''), deps.now());
    throw classifyProviderError(
      {
        status: error?.status ?? answer.statusCode,
        codes: error?.codes ?? [],
        message: error?.message ?? '',
        // Both are wishes to be left alone: the longer one is the safe one to follow.
        retryAfterMs: longer(error?.retryAfterMs ?? null, after),
      },
      redact,
    );
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    throw classifyTransportError(error, report.status !== null, redact);
  }
}

function parseLoosely(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\s*data:/, ''));
  } catch {
    return null;
  }
}

function longer(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

/** Messages that were complete when the bytes ended. Returns whether a document was cut off. */
async function* readRest(
  framing: Framing<ReturnType<Spool['open']>>,
  answer: AnswerReader,
): AsyncGenerator<ModelEvent, boolean> {
  const { messages, end } = framing.finish();
  for (const message of messages) yield* answer.read(message);
  return end.incomplete || end.damaged;
}

/** The answer has said how it ends; what may still follow is not worth a long wait. */
function isSettled({ tally }: AnswerReader): boolean {
  return (
    tally.image !== null ||
    tally.finishReason !== null ||
    tally.blockReason !== null ||
    tally.error !== null
  );
}

/** Ends the reading when an answer that is settled falls silent. */
function createPatience(silenceMs: number, settled: AbortController) {
  let timer: NodeJS.Timeout | undefined;
  return {
    heard(isSettledNow: boolean): void {
      if (timer !== undefined) timer.refresh();
      else if (isSettledNow) {
        const silence = new Failure('cut', 'a settled answer fell silent');
        timer = setTimeout(() => settled.abort(silence), silenceMs);
      }
    },
    stop: () => clearTimeout(timer),
  };
}
