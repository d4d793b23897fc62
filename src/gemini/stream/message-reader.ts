import { createParser } from 'eventsource-parser';
import { Failure } from '../../domain.ts';
import type { GeminiLimits } from '../limits.ts';
import { createTape } from './byte-buffer.ts';
import { createJsonPath } from './json-path.ts';
import { createLifter, type LiftEnd } from './lift.ts';
import { createJsonReader } from './lift-json.ts';
import { createPictureLifter, type PictureLifter, type PictureSink } from './picture-extractor.ts';
import { createStringReader } from './string-scanner.ts';

/** One message of an answer: a small text, usually JSON, with handles where pictures stood. */
export interface Message {
  text: string;
  /** The event's type, where the stream named one. */
  event: string | null;
  /** It is only the beginning of a document: the rest is damaged, or never came. */
  isCut: boolean;
}

/** Bytes in, messages out; the pictures go to their sinks on the way. */
export interface Framing<Sink extends PictureSink> {
  pictures: PictureLifter<Sink>;
  /** Bytes so far that belonged to a document; blank lines, comments and other fields do not. */
  readonly documentBytes: number;
  /**
   * Takes a chunk and yields the messages that it completes. Must be run to its end before the
   * next chunk. Throws `Failure` where a bound is passed or a sink cannot write.
   */
  feed(chunk: Buffer): AsyncGenerator<Message, void>;
  /**
   * The end of the bytes, wherever it came: what was not passed on yet, how it ended, and the handle
   * of a picture in the model's words that no text went on with, or ''.
   */
  finish(): { messages: Message[]; end: LiftEnd; rest: string };
}

export interface FramingOptions<Sink extends PictureSink> {
  openSink: () => Sink;
  nonce: string;
  limits: GeminiLimits;
  /** Called when a picture begins: from here on the answer has image bytes. */
  onPicture?: () => void;
}

export function createFraming<Sink extends PictureSink>(
  options: FramingOptions<Sink>,
): Framing<Sink> {
  const { limits } = options;
  const messages: Message[] = [];
  let received = 0;
  let documents = 0;

  function push(message: Message): void {
    documents += 1;
    if (documents > limits.documents) {
      throw tooMuch(`more than ${limits.documents} messages in one answer`);
    }
    messages.push(message);
  }

  let eventLength = 0;
  let isCut = false;
  let isFinishing = false;
  const parser = createParser({
    onEvent: ({ data, event }) => push({ text: data, event: event ?? null, isCut }),
  });
  /** Bounded here: the parser would forget what an event held when it grew too large. */
  function passLine(line: string, isEventCut = false): void {
    isCut = isEventCut;
    parser.feed(`${line}\n`);
    eventLength = line === '' ? 0 : eventLength + line.length;
    if (eventLength > limits.documentBytes && !isFinishing) throw tooMuch('an event is too large');
  }
  const pictures = createPictureLifter({
    openSink: options.openSink,
    nonce: options.nonce,
    blockBytes: limits.blockBytes,
    pictureBytes: limits.pictureBytes,
    pictures: limits.pictures,
  });
  const tape = createTape(limits.documentBytes);
  const strings = createStringReader({
    tape,
    pictures,
    skippedBytes: limits.signatureBytes,
    onPicture: () => options.onPicture?.(),
  });
  const lifter = createLifter({
    tape,
    json: createJsonReader({
      tape,
      path: createJsonPath(limits.depth),
      strings,
      waiting: () => pictures.pending !== null,
    }),
    target: {
      line: passLine,
      document: (text) => push({ text, event: null, isCut: false }),
      cutDocument: (text) => push({ text, event: null, isCut: true }),
    },
    // A message is read before the pictures of the next one begin: none is taken for the other's.
    paused: () => pictures.pending !== null || messages.length > 0,
  });

  return {
    pictures,
    get documentBytes() {
      return lifter.documentBytes;
    },
    async *feed(chunk) {
      received += chunk.length;
      if (received > limits.responseBytes) {
        throw tooMuch(`an answer of more than ${limits.responseBytes} bytes`);
      }
      let at = 0;
      while (at < chunk.length) {
        at = lifter.scan(chunk, at);
        if (pictures.pending !== null) {
          await pictures.pending;
          pictures.settled();
        }
        yield* messages.splice(0);
      }
    },
    finish() {
      isFinishing = true;
      const end = lifter.end();
      return { messages: messages.splice(0), end, rest: strings.end() };
    },
  };
}

function tooMuch(message: string): Failure {
  return new Failure('bad_answer', message, { details: { problem: 'too_large' } });
}
