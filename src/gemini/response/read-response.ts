import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Failure, type ImageFile } from '../../domain.ts';
import type { Spool, SpoolFile } from '../../images/spool/spool.ts';
import { classifyTransportError, type Redact } from '../errors/classify.ts';
import type { ModelEvent } from '../events.ts';
import type { GeminiLimits } from '../limits.ts';
import type { EventLoopShare } from '../stream/event-loop-share.ts';
import { chunksUntilIdle } from '../stream/idle-timeout.ts';
import { createFraming, type Framing } from '../stream/message-reader.ts';
import { type AnswerReader, createAnswerReader } from './part-reader.ts';
import { judgeResponse } from './response-summary.ts';

/** What the reading of one answer did; true even when it throws. */
export interface ReadReport {
  bytes: number;
  /** An image, or the beginning of one, arrived: asking again would pay for it twice. */
  sawImage: boolean;
  /** Whole pictures on disk; the caller removes those that are not the outcome. */
  files: ImageFile[];
}

/** Bytes at the beginning of an answer that tell what it is where it is none of the model's. */
const HEAD_LENGTH = 1_000;

export interface ReadResponseOptions {
  spool: Spool;
  /** The generation's id, for the names of its files. */
  owner: string;
  limits: GeminiLimits;
  redact: Redact;
  /** What the body was asked for with, and ends by. */
  signal: AbortSignal;
  report: ReadReport;
  loopShare: EventLoopShare;
  /** Whether a file goes on to its end. */
  isWhole: (image: ImageFile) => Promise<boolean>;
  /** Fetches a picture that the model gave by address. Throws `Failure`. */
  fetchPicture: (url: string, role: 'image' | 'draft') => Promise<ImageFile>;
}

/**
 * Reads one answer to its end and judges it: the last event is `outcome`, or a `Failure` is
 * thrown. Holds one block of a picture at most; the socket waits while it is written.
 */
export async function* readResponse(
  body: Readable,
  options: ReadResponseOptions,
): AsyncGenerator<ModelEvent, void> {
  const { limits, redact, report, signal, spool, owner } = options;
  // A fresh one for each answer: nobody who writes its text can know it.
  const nonce = randomBytes(12).toString('hex');
  const onPicture = () => {
    report.sawImage = true;
  };
  const framing = createFraming({ openSink: () => spool.open(owner), nonce, limits, onPicture });
  const answer = createAnswerReader({
    nonce,
    pictures: framing.pictures,
    limits,
    isWhole: options.isWhole,
    remove: (image) => spool.remove(image),
    fetchPicture: options.fetchPicture,
    onPicture,
    onFile: (image) => report.files.push(image),
  });

  let failure: Failure | null = null;
  let junk = false;
  let head = Buffer.alloc(0);
  try {
    try {
      const progress = {
        summary: answer.summary,
        documentBytes: () => framing.documentBytes,
        hasWaitingPicture: () => framing.pictures.waiting > 0,
      };
      for await (const chunk of chunksUntilIdle(body, progress, limits)) {
        await options.loopShare.wait();
        report.bytes += chunk.length;
        if (head.length < HEAD_LENGTH) {
          head = Buffer.concat([head, chunk.subarray(0, HEAD_LENGTH - head.length)]);
        }
        for await (const message of framing.feed(chunk)) yield* answer.read(message);
      }
    } catch (error) {
      failure = signal.aborted ? reasonOf(signal) : classifyTransportError(error, true, redact);
    }
    // Whatever broke, what was whole before it counts: a picture was made and paid for.
    if (failure?.kind !== 'cancelled') junk = yield* readRest(framing, answer);
    if (failure === null) yield* answer.readLink();
  } catch (error) {
    failure ??= classifyTransportError(error, true, redact);
  } finally {
    body.destroy();
    await framing.pictures.discardAll();
  }
  // A person's cancel, or the end of the process, is not overruled by what came before it.
  if (signal.aborted && reasonOf(signal).kind !== 'timeout') throw reasonOf(signal);
  const image = judgeResponse(answer.summary, { failure, junk, head: head.toString() }, redact);
  const { usage, finishReason } = answer.summary;
  yield { type: 'outcome', image, usage, finishReason };
}

/** What a signal was aborted with; anything but a `Failure` counts as a cancel. */
export function reasonOf(signal: AbortSignal): Failure {
  const { reason } = signal;
  return reason instanceof Failure ? reason : new Failure('cancelled', 'the signal was aborted');
}

/** What was not read yet when the bytes ended. Returns whether all there was is junk. */
async function* readRest(
  framing: Framing<SpoolFile>,
  answer: AnswerReader,
): AsyncGenerator<ModelEvent, boolean> {
  const { messages, end, rest } = framing.finish();
  for (const message of messages) yield* answer.read(message);
  yield* answer.readOpenPicture(rest);
  return end.junkLines > 0 && !end.incomplete && !end.damaged;
}
