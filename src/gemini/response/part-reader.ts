import { Failure, type ImageFile } from '../../domain.ts';
import type { SpoolFile } from '../../images/spool/spool.ts';
import type { ModelEvent } from '../events.ts';
import type { GeminiLimits } from '../limits.ts';
import { completeJson } from '../stream/complete-json.ts';
import type { Message } from '../stream/message-reader.ts';
import type { PictureLifter } from '../stream/picture-extractor.ts';
import { type ModelDocument, type Part, readMessage } from './document.ts';
import { lastPictureLink, piecesOf, withoutLongBase64 } from './picture-text.ts';
import { addDocument, addWords, emptySummary, type ResponseSummary } from './response-summary.ts';

/** Turns messages into events, and pictures in progress into files. */
export interface AnswerReader {
  readonly summary: ResponseSummary;
  read(message: Message): AsyncGenerator<ModelEvent, void>;
  /** Call at the end: a picture in the words that no text went on with; '' for none. */
  readOpenPicture(handle: string): AsyncGenerator<ModelEvent, void>;
  /** Call at the end: a picture that was only linked in the text, where no other came. */
  readLink(): AsyncGenerator<ModelEvent, void>;
}

export interface AnswerReaderOptions {
  nonce: string;
  pictures: PictureLifter<SpoolFile>;
  limits: GeminiLimits;
  /** Whether a file goes on to its end: one that breaks off takes no whole one's place. */
  isWhole: (image: ImageFile) => Promise<boolean>;
  /** Removes a file that is no picture for anybody. */
  remove: (image: ImageFile) => Promise<void>;
  /** Fetches a picture that was given by address. Throws `Failure`. */
  fetchPicture: (url: string, role: 'image' | 'draft') => Promise<ImageFile>;
  /** Called when something comes that can only stand for a picture. */
  onPicture: () => void;
  /** Told of every whole file, so that the caller can remove what is not the outcome. */
  onFile: (image: ImageFile) => void;
}

/** The form of every handle; whether it is one of this answer's is for the pictures to say. */
const ANY_HANDLE = /[0-9a-f]{24}-\d{1,9}-/g;

/** Characters at the end of all the words, where a link is looked for. */
const LINK_WITHIN = 32_768;

export function createAnswerReader(options: AnswerReaderOptions): AnswerReader {
  const { nonce, pictures, limits } = options;
  const summary = emptySummary();
  let parts = 0;
  let textLength = 0;
  /** The end of the model's own words; cut only now and then, as each cut copies it. */
  let lastWords = '';
  /** What stood around a picture that goes on in the next text. */
  let openMarkup = '';
  let isOpenThought = false;

  async function* read(message: Message): AsyncGenerator<ModelEvent, void> {
    const result = readMessage(message);
    if (result.kind === 'broken') yield* readCut(message);
    if (result.kind === 'done') summary.done = true;
    if (result.kind === 'documents') {
      for (const document of result.documents) yield* readDocument(document);
    }
    await pictures.discardUnclaimed();
  }

  /**
   * The pictures that are whole in a document that is not: a picture is made and paid for with its
   * last byte, whatever breaks behind it. One whose flag did not arrive is no draft as far as anybody
   * can tell, so it comes after every earlier picture, as it would have with a part that says nothing.
   */
  async function* readCut({ text, isCut }: Message): AsyncGenerator<ModelEvent, void> {
    if (!isCut) {
      summary.understood = true;
      summary.broken ??= new Failure('bad_answer', 'a document of the answer is not JSON', {
        details: { problem: 'unreadable' },
      });
    }
    if (pictures.waiting === 0) return;
    const whole = readMessage({ text: completeJson(text) ?? '', event: null });
    if (whole.kind !== 'documents') return;
    for (const part of whole.documents.flatMap((document) => document.parts)) {
      if (part.text.includes(nonce) || part.source.includes(nonce)) yield* readPart(part, true);
    }
  }

  async function* readOpenPicture(handle: string): AsyncGenerator<ModelEvent, void> {
    if (handle !== '') yield* readPart({ text: handle, thought: isOpenThought, source: '' });
  }

  async function* readDocument(document: ModelDocument): AsyncGenerator<ModelEvent, void> {
    for (const part of document.parts) {
      parts += 1;
      if (parts > limits.parts) throw tooMuch(`more than ${limits.parts} parts in one answer`);
      yield* readPart(part);
    }
    const usage = addDocument(summary, withCleanWords(document));
    if (usage !== null) yield { type: 'usage', usage };
  }

  async function* readPart(part: Part, isCut = false): AsyncGenerator<ModelEvent, void> {
    const { thought, source } = part;
    for (const { text, markup, handle } of part.text === '' ? [] : piecesOf(wordsOf(part), nonce)) {
      yield* readText(text, thought);
      if (handle === pictures.openHandle) {
        openMarkup = markup;
        isOpenThought = thought;
      } else if (handle !== null) {
        yield* readPicture(handle, { thought, mentioned: true, isCut });
      }
    }
    if (source === '') return;
    options.onPicture();
    const handle = source.match(ANY_HANDLE)?.find((found) => found.startsWith(nonce));
    if (handle === undefined) yield* readAddress(source, thought);
    else yield* readPicture(handle, { thought, mentioned: false, isCut });
  }

  /** A part's text, behind what the last one was left open with. */
  function wordsOf({ text }: Part): string {
    const words = openMarkup + text;
    openMarkup = '';
    return words;
  }

  function* readText(text: string, thought: boolean): Generator<ModelEvent, void> {
    if (text === '') return;
    textLength += text.length;
    if (textLength > limits.textLength) throw tooMuch('more text than a picture can need');
    const clean = withoutLongBase64(withoutHandles(text));
    if (!thought) {
      addWords(summary, clean);
      lastWords += clean;
      if (lastWords.length > 2 * LINK_WITHIN) lastWords = lastWords.slice(-LINK_WITHIN);
    }
    yield { type: thought ? 'thought' : 'text', text: clean };
  }

  async function* readPicture(
    id: string,
    { thought, mentioned, isCut }: { thought: boolean; mentioned: boolean; isCut: boolean },
  ): AsyncGenerator<ModelEvent, void> {
    const picture = pictures.claim(id);
    if (picture === undefined) return;
    if (picture.broken) {
      await picture.sink.discard();
      // In a document that broke, it broke with it.
      if (isCut) return;
      noteBroken(new Failure('bad_answer', 'the base64 of a picture is damaged'), thought);
      return;
    }
    const finish = () => picture.sink.finish(thought ? 'draft' : 'image');
    yield* readImage(finish, { thought, mentioned });
  }

  async function* readAddress(source: string, thought: boolean): AsyncGenerator<ModelEvent, void> {
    if (!/^https?:\/\//i.test(source)) {
      noteBroken(new Failure('bad_answer', 'a picture is neither base64 nor an address'), thought);
      return;
    }
    const fetch = () => options.fetchPicture(source, thought ? 'draft' : 'image');
    yield* readImage(fetch, { thought, mentioned: false });
  }

  /** A picture that cannot be read spoils the answer only when no other comes. */
  async function* readImage(
    make: () => Promise<ImageFile>,
    { thought, mentioned }: { thought: boolean; mentioned: boolean },
  ): AsyncGenerator<ModelEvent, void> {
    try {
      const image = await make();
      if (!(await options.isWhole(image))) {
        await options.remove(image);
        throw new Failure('bad_answer', 'the picture breaks off', {
          details: { problem: 'broken_off' },
        });
      }
      options.onFile(image);
      if (thought) summary.draft = image;
      else summary.image = image;
      yield { type: thought ? 'draft' : 'image', image };
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'bad_answer')) throw error;
      // A text may show data that was never meant to be the picture: a drawing in SVG, say.
      if (mentioned && error.details.problem === 'not_an_image') return;
      noteBroken(error, thought);
    }
  }

  function noteBroken(failure: Failure, thought: boolean): void {
    summary.understood = true;
    if (!thought) summary.broken ??= failure;
  }

  /** Of a data URI in a text that shows no picture, such as an error's. */
  function withoutHandles(text: string): string {
    return text.includes(nonce) ? text.replace(ANY_HANDLE, '') : text;
  }

  function withCleanWords(document: ModelDocument): ModelDocument {
    const { error, finishMessage, blockMessage } = document;
    return {
      ...document,
      finishMessage: finishMessage && withoutHandles(finishMessage),
      blockMessage: blockMessage && withoutHandles(blockMessage),
      error: error && { ...error, message: withoutHandles(error.message) },
    };
  }

  async function* readLink(): AsyncGenerator<ModelEvent, void> {
    const { image, error, broken, blockReason } = summary;
    if (image !== null || error !== null || blockReason !== null) return;
    const address = lastPictureLink(lastWords.slice(-LINK_WITHIN));
    if (address === null) return;
    options.onPicture();
    yield* readAddress(address, false);
    // A link that must not or cannot be followed is just what the model said.
    summary.broken = broken;
  }

  return { summary, read, readOpenPicture, readLink };
}

function tooMuch(message: string): Failure {
  return new Failure('bad_answer', message, { details: { problem: 'too_large' } });
}
