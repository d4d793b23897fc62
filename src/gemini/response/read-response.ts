import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Failure, type ImageFile } from '../../domain.ts';
import type { Spool, SpoolFile } from '../../images/spool/spool.ts';
import { classifyTransportError, type Redact } from '../errors/classify.ts';
import { type GeminiLimits, overLimit } from '../limits.ts';
import type { ModelEvent } from '../model-events.ts';
import type { EventLoopShare } from '../stream/event-loop-share.ts';
import { chunksUntilIdle, type Progress } from '../stream/idle-timeout.ts';
import { type Message, MessageReader } from '../stream/message-reader.ts';
import { PictureExtractor } from '../stream/picture-extractor.ts';
import { StringScanner } from '../stream/string-scanner.ts';
import { PartReader } from './part-reader.ts';
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
 * Reads one response to its end and judges it: the last event is `outcome`, or a `Failure` is
 * thrown. Bytes become text and pictures, text becomes messages, their documents parts, and parts
 * events. Holds one block of a picture at most; the socket waits while it is written.
 */
export async function* readResponse(
  body: Readable,
  options: ReadResponseOptions,
): AsyncGenerator<ModelEvent, void> {
  const { limits, redact, report, signal } = options;
  const stages = createStages(options);
  const { pictures, parts } = stages;
  let failure: Failure | null = null;
  let head = Buffer.alloc(0);
  try {
    try {
      for await (const chunk of chunksUntilIdle(body, progressOf(stages), limits)) {
        await options.loopShare.wait();
        report.bytes += chunk.length;
        if (head.length < HEAD_LENGTH) {
          head = Buffer.concat([head, chunk.subarray(0, HEAD_LENGTH - head.length)]);
        }
        if (report.bytes > limits.responseBytes) {
          throw overLimit(`an answer of more than ${limits.responseBytes} bytes`);
        }
        for await (const message of messagesIn(chunk, stages)) yield* parts.read(message);
      }
    } catch (error) {
      failure = signal.aborted ? reasonOf(signal) : classifyTransportError(error, true, redact);
    }
    // Whatever broke, what was whole before it counts: a picture was made and paid for.
    if (failure?.kind !== 'cancelled') {
      for await (const message of lastMessages(stages)) yield* parts.read(message);
      yield* parts.readOpenPicture();
    }
    if (failure === null) yield* parts.readLink();
  } catch (error) {
    failure ??= classifyTransportError(error, true, redact);
  } finally {
    body.destroy();
    await parts.discard();
    await pictures.discardAll();
  }
  // A person's cancel, or the end of the process, is not overruled by what came before it.
  if (signal.aborted && reasonOf(signal).kind !== 'timeout') throw reasonOf(signal);
  const { isJunk } = stages.messages;
  const image = judgeResponse(parts.summary, { failure, isJunk, head: head.toString() }, redact);
  yield { type: 'outcome', image, usage: parts.summary.usage };
}

/** What a response goes through, in this order. */
interface Stages {
  /** Bytes → text, with placeholders for pictures. */
  scanner: StringScanner<SpoolFile>;
  /** Base64 → bytes on disk. */
  pictures: PictureExtractor<SpoolFile>;
  /** Text → messages: events of a stream, or bare JSON documents. */
  messages: MessageReader;
  /** Messages → documents → parts → events. */
  parts: PartReader;
}

function createStages({ spool, owner, limits, report, ...options }: ReadResponseOptions): Stages {
  // A fresh one for each response: nobody who writes its text can know it.
  const nonce = randomBytes(12).toString('hex');
  const onPicture = () => {
    report.sawImage = true;
  };
  const pictures = new PictureExtractor({ openSink: () => spool.open(owner), nonce, limits });
  const messages = new MessageReader(limits);
  const parts = new PartReader({
    nonce,
    pictures,
    limits,
    isWhole: options.isWhole,
    remove: (image) => spool.remove(image),
    fetchPicture: options.fetchPicture,
    onPicture,
    onFile: (image) => report.files.push(image),
  });
  const scanner = new StringScanner({
    pictures,
    limits,
    onText: (text, isLineEnd) => messages.push(text, isLineEnd),
    onPicture,
    keepsBase64: () => parts.expectsBase64,
  });
  return { scanner, pictures, messages, parts };
}

/** The messages that a chunk completes. */
async function* messagesIn(
  chunk: Buffer,
  { scanner, pictures, messages }: Stages,
): AsyncGenerator<Message, void> {
  for (let at = 0; at < chunk.length; ) {
    at = scanner.scan(chunk, at);
    if (pictures.pendingWrite !== null) await pictures.written();
    yield* messages.take();
  }
}

/** What was not read yet when the bytes ended. */
async function* lastMessages({
  scanner,
  pictures,
  messages,
}: Stages): AsyncGenerator<Message, void> {
  const rest = scanner.finish();
  await pictures.written();
  messages.finish(rest);
  yield* messages.take();
}

function progressOf({ scanner, pictures, parts }: Stages): Progress {
  return {
    summary: parts.summary,
    stringBytes: () => scanner.stringBytes,
    hasWaitingPicture: () => pictures.hasUnclaimed,
  };
}

/** What a signal was aborted with; anything but a `Failure` counts as a cancel. */
export function reasonOf(signal: AbortSignal): Failure {
  const { reason } = signal;
  return reason instanceof Failure ? reason : new Failure('cancelled', 'the signal was aborted');
}
