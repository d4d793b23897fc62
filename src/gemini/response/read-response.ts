import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Failure } from '../../domain.ts';
import { classifyTransportError, type Redact } from '../errors/classify.ts';
import { overLimit } from '../limits.ts';
import type { ModelEvent } from '../model-events.ts';
import type { EventLoopShare } from '../stream/event-loop-share.ts';
import { chunksUntilIdle } from '../stream/idle-timeout.ts';
import { type Message, MessageReader } from '../stream/message-reader.ts';
import { PictureExtractor } from '../stream/picture-extractor.ts';
import { StringScanner } from '../stream/string-scanner.ts';
import { PartReader, type PartReaderOptions } from './part-reader.ts';
import { judgeResponse } from './response-summary.ts';

/** Bytes at the beginning of an answer that tell what it is where it is none of the model's. */
const HEAD_LENGTH = 1_000;

export interface ReadResponseOptions extends Omit<PartReaderOptions, 'nonce' | 'pictures'> {
  /** The generation's id, for the names of its files. */
  owner: string;
  redact: Redact;
  /** What the body was asked for with, and ends by. */
  signal: AbortSignal;
  loopShare: EventLoopShare;
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
  const { scanner, pictures, messages, parts } = stages;
  let failure: Failure | null = null;
  let head = Buffer.alloc(0);
  try {
    try {
      for await (const chunk of chunksUntilIdle(body, stages, limits)) {
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
      const rest = scanner.finish();
      await pictures.written();
      messages.finish(rest);
      for (const message of messages.take()) yield* parts.read(message);
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
  const end = { failure, isJunk: messages.isJunk, head: head.toString() };
  const image = judgeResponse(parts.summary, end, redact);
  yield { type: 'outcome', image, usage: parts.summary.usage };
}

/** What a response goes through. */
function createStages(options: ReadResponseOptions) {
  const { spool, owner, limits } = options;
  // A fresh one for each response: nobody who writes its text can know it.
  const nonce = randomBytes(12).toString('hex');
  /** Base64 → bytes on disk. */
  const pictures = new PictureExtractor({ openSink: () => spool.open(owner), nonce, limits });
  /** Text → messages: events of a stream, or bare JSON documents. */
  const messages = new MessageReader(limits);
  /** Messages → documents → parts → events. */
  const parts = new PartReader({ ...options, nonce, pictures });
  /** Bytes → text, with placeholders for pictures. */
  const scanner = new StringScanner({
    pictures,
    limits,
    onText: (text, isLineEnd) => messages.push(text, isLineEnd),
    onPicture: () => {
      options.report.sawImage = true;
    },
    keepsBase64: () => parts.expectsBase64,
  });
  return { scanner, pictures, messages, parts };
}

/** The messages that a chunk completes. */
async function* messagesIn(
  chunk: Buffer,
  { scanner, pictures, messages }: ReturnType<typeof createStages>,
): AsyncGenerator<Message, void> {
  for (let at = 0; at < chunk.length; ) {
    at = scanner.scan(chunk, at);
    if (pictures.pendingWrite !== null) await pictures.written();
    yield* messages.take();
  }
}

/** What a signal was aborted with; anything but a `Failure` counts as a cancel. */
export function reasonOf(signal: AbortSignal): Failure {
  const { reason } = signal;
  return reason instanceof Failure ? reason : new Failure('cancelled', 'the signal was aborted');
}
