import { Failure, type ImageFile } from '../domain.ts';
import type { SpoolFile } from '../images/spool.ts';
import { DATA_URI_START, SMALLEST_PICTURE_BYTES } from './data-uri.ts';
import { type ModelDocument, type Part, readMessage } from './document.ts';
import type { ModelEvent } from './events.ts';
import type { Message } from './framing.ts';
import type { PictureLifter } from './lift-picture.ts';
import type { GeminiLimits } from './limits.ts';
import { addWords, emptyTally, noteDocument, type Tally } from './outcome.ts';

/** Turns messages into events, and pictures in progress into files. */
export interface AnswerReader {
  readonly tally: Tally;
  read(message: Message): AsyncGenerator<ModelEvent, void>;
  /** Call at the end: a picture that was only linked in the text, where no other came. */
  readLink(): AsyncGenerator<ModelEvent, void>;
}

export interface AnswerReaderOptions {
  nonce: string;
  pictures: PictureLifter<SpoolFile>;
  limits: GeminiLimits;
  /** Fetches a picture that was given by address. Throws `Failure`. */
  fetchPicture: (url: string, role: 'image' | 'draft') => Promise<ImageFile>;
  /** Called when something comes that can only stand for a picture. */
  onPicture: () => void;
  /** Told of every whole file, so that the caller can remove what is not the outcome. */
  onFile: (image: ImageFile) => void;
}

/** The form of every handle; whether it is one of this answer's is for the pictures to say. */
const HANDLE = '[0-9a-f]{24}-\\d+';
const ANY_HANDLE = new RegExp(HANDLE, 'g');
/** A picture inside a text, as markdown or bare; the handle is in the first or second group. */
const PICTURE_IN_TEXT = new RegExp(
  String.raw`!\[[^\]\n]{0,1000}\]\(${DATA_URI_START}(${HANDLE})\)|${DATA_URI_START}(${HANDLE})`,
  'gi',
);

/** A picture on the web, as some gateways answer it. */
const LINK_IN_TEXT = /!\[[^\]\n]{0,1000}\]\(\s{0,9}<?(https?:\/\/[^\s)>]{1,2000})/gi;

/** Characters at the end of all the words, where a link is looked for. */
const LINK_WITHIN = 32_768;

/** Base64 that came where no picture was seen in it, in one run or in lines: nobody's words. */
const LONG_BASE64 = /[\w+/-]{200,}={0,2}|(?:[\w+/-]{60,}\s+){3,}[\w+/-]*={0,2}/g;

export function createAnswerReader(options: AnswerReaderOptions): AnswerReader {
  const { nonce, pictures, limits } = options;
  const tally = emptyTally();
  let parts = 0;
  let textLength = 0;
  /** The end of the model's own words. */
  let lastWords = '';

  async function* read(message: Message): AsyncGenerator<ModelEvent, void> {
    const result = readMessage(message);
    if (result.kind === 'broken') {
      tally.understood = true;
      tally.broken ??= new Failure('bad_answer', 'a document of the answer is not JSON', {
        details: { problem: 'unreadable' },
      });
    }
    if (result.kind === 'done') tally.done = true;
    if (result.kind === 'documents') {
      for (const document of result.documents) yield* readDocument(document);
    }
    await pictures.discardUnclaimed();
  }

  async function* readDocument(document: ModelDocument): AsyncGenerator<ModelEvent, void> {
    for (const part of document.parts) {
      parts += 1;
      if (parts > limits.parts) throw tooMuch(`more than ${limits.parts} parts in one answer`);
      yield* readPart(part);
    }
    const usage = noteDocument(tally, withCleanWords(document));
    if (usage !== null) yield { type: 'usage', usage };
  }

  async function* readPart(part: Part): AsyncGenerator<ModelEvent, void> {
    let from = 0;
    for (const match of part.text.includes(nonce) ? part.text.matchAll(PICTURE_IN_TEXT) : []) {
      yield* readText(part.text.slice(from, match.index), part.thought);
      yield* readPicture(match[1] ?? match[2] ?? '', part.thought, true);
      from = match.index + match[0].length;
    }
    yield* readText(part.text.slice(from), part.thought);
    if (part.source === '') return;
    options.onPicture();
    const handle = part.source.match(ANY_HANDLE)?.find((found) => found.startsWith(nonce));
    if (handle === undefined) yield* readAddress(part.source, part.thought);
    else yield* readPicture(handle, part.thought, false);
  }

  function* readText(text: string, thought: boolean): Generator<ModelEvent, void> {
    if (text === '') return;
    textLength += text.length;
    if (textLength > limits.textLength) throw tooMuch('more text than a picture can need');
    const clean = withoutHandles(text).replace(LONG_BASE64, '…');
    if (!thought) {
      addWords(tally, clean);
      lastWords = (lastWords + clean).slice(-LINK_WITHIN);
    }
    yield { type: thought ? 'thought' : 'text', text: clean };
  }

  async function* readPicture(
    id: string,
    thought: boolean,
    mentioned: boolean,
  ): AsyncGenerator<ModelEvent, void> {
    const picture = pictures.claim(id);
    if (picture === undefined) return;
    if (mentioned && picture.bytes < SMALLEST_PICTURE_BYTES) {
      await picture.sink.discard();
      return;
    }
    if (picture.broken) {
      await picture.sink.discard();
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
      options.onFile(image);
      if (thought) tally.draft = image;
      else tally.image = image;
      yield { type: thought ? 'draft' : 'image', image };
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'bad_answer')) throw error;
      // A text may show data that was never meant to be the picture: a drawing in SVG, say.
      if (mentioned && error.details.problem === 'not_an_image') return;
      noteBroken(error, thought);
    }
  }

  function noteBroken(failure: Failure, thought: boolean): void {
    tally.understood = true;
    if (!thought) tally.broken ??= failure;
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
    const { image, error, broken, blockReason } = tally;
    if (image !== null || error !== null || blockReason !== null) return;
    const address = [...lastWords.matchAll(LINK_IN_TEXT)].at(-1)?.[1];
    if (address === undefined) return;
    options.onPicture();
    yield* readAddress(address, false);
    // A link that must not or cannot be followed is just what the model said.
    tally.broken = broken;
  }

  return { tally, read, readLink };
}

function tooMuch(message: string): Failure {
  return new Failure('bad_answer', message, { details: { problem: 'too_large' } });
}
