import { Readable } from 'node:stream';
import { request } from 'undici';
import { isCompleteImage } from '../images/spool/truncation.ts';
import { classifyProviderError, classifyTransportError } from './errors/classify.ts';
import { readErrorBody } from './errors/error-body.ts';
import { longerDelay, parseRetryAfter } from './errors/provider-delay.ts';
import type { ModelEvent } from './model-events.ts';
import type { WireRequest } from './request.ts';
import type { ReadReport } from './response/part-reader.ts';
import { type FetchPictureDeps, fetchPicture } from './response/picture-download.ts';
import { readResponse, reasonOf } from './response/read-response.ts';
import { readStart } from './stream/body.ts';
import { plainBody } from './stream/content-encoding.ts';
import type { EventLoopShare } from './stream/event-loop-share.ts';

export interface AttemptDeps extends Omit<FetchPictureDeps, 'owner' | 'signal'> {
  /** One for all answers. */
  loopShare: EventLoopShare;
  now: () => number;
}

/** What one attempt did, for its caller to judge and to log; true even when it throws. */
export interface AttemptReport extends ReadReport {
  /** The connection stood, and the request began to go out. */
  sent: boolean;
  /** Null while there are no headers. */
  status: number | null;
}

/** One request and the reading of its answer. `owner` is the generation's id. */
export async function* runAttempt(
  wire: WireRequest,
  owner: string,
  signal: AbortSignal,
  deps: AttemptDeps,
  report: AttemptReport,
): AsyncGenerator<ModelEvent, void> {
  const body = await send(wire, signal, deps, report);
  yield* readResponse(body, {
    ...deps,
    owner,
    signal,
    report,
    isWhole: isCompleteImage,
    fetchPicture: (url, role) => fetchPicture(url, role, { ...deps, owner, signal }),
  });
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
      body: Readable.from(noteSending(wire.body(), report), { objectMode: false }),
      signal,
      headersTimeout: limits.idleTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
    });
    report.status = answer.statusCode;
    const { 'content-encoding': encoding, 'retry-after': retryAfter } = answer.headers;
    const body = plainBody(answer.body, String(encoding ?? ''));
    if (answer.statusCode >= 200 && answer.statusCode < 300) return body;
    const text = await readStart(body, {
      maxBytes: limits.errorBytes,
      timeoutMs: limits.errorTimeoutMs,
    });
    const error = readErrorBody(answer.statusCode, text);
    const after = parseRetryAfter(String(retryAfter ?? ''), deps.now());
    const retryAfterMs = longerDelay(error.retryAfterMs, after);
    throw classifyProviderError({ ...error, retryAfterMs }, redact);
  } catch (error) {
    if (signal.aborted) throw reasonOf(signal);
    throw classifyTransportError(error, report.status !== null, redact, report.sent);
  }
}

/** Nothing asks for the first byte of a body before there is a connection. */
async function* noteSending(body: AsyncIterable<Uint8Array>, report: AttemptReport) {
  report.sent = true;
  yield* body;
}
