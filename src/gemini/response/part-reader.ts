import { Failure, type ImageFile } from '../../domain.ts';
import type { Spool, SpoolFile } from '../../images/spool/spool.ts';
import { type GeminiLimits, overLimit } from '../limits.ts';
import type { ModelEvent } from '../model-events.ts';
import { completeJson } from '../stream/complete-json.ts';
import type { Message } from '../stream/message-reader.ts';
import type { ExtractedPicture, PictureExtractor } from '../stream/picture-extractor.ts';
import { type ModelDocument, type Part, readMessage } from './document.ts';
import {
  lastPictureLink,
  MENTION_LENGTH,
  pictureUriPattern,
  piecesOf,
  withoutLongBase64,
} from './picture-text.ts';
import { ResponseSummary } from './response-summary.ts';

/** What the reading of one answer did; true even when it throws. */
export interface ReadReport {
  bytes: number;
  /** An image, or the beginning of one, arrived: asking again would pay for it twice. */
  sawImage: boolean;
  /** Whole pictures on disk; the caller removes those that are not the outcome. */
  files: ImageFile[];
}

export interface PartReaderOptions {
  /** What every placeholder begins with. */
  nonce: string;
  pictures: PictureExtractor<SpoolFile>;
  spool: Spool;
  limits: GeminiLimits;
  report: ReadReport;
  /** Whether a file goes on to its end: one that breaks off takes no whole one's place. */
  isWhole: (image: ImageFile) => Promise<boolean>;
  /** Fetches a picture that the model gave by address. Throws `Failure`. */
  fetchPicture: (url: string, role: 'image' | 'draft') => Promise<ImageFile>;
}

/** How a picture stood in its document. */
interface Context {
  /** A draft. */
  thought: boolean;
  /** In the model's words, which may show data that was never meant to be the picture. */
  isInWords: boolean;
  /** The document broke: what is damaged in it broke with it. */
  isCut: boolean;
}

/** The head of a data URI; its data may be of any type, or of none. */
const URI_HEAD = /^data:[^,]{0,120},/i;
const ADDRESS = /^https?:\/\//i;

/** Base64 that comes in lines left an ellipsis for its first one and one for all others. */
const MORE_LINES = /…\s{1,9}(?=…)/g;

/** Characters at the end of all the words, where a link is looked for. */
const LINK_WITHIN = 32_768;

/** Turns messages into their documents' parts, and parts into events; pictures become files. */
export class PartReader {
  readonly summary = new ResponseSummary();
  readonly #options: PartReaderOptions;
  readonly #pictureUris: RegExp;
  readonly #placeholders: RegExp;
  #parts = 0;
  #textLength = 0;
  /** The end of the model's own words; cut only now and then, as each cut copies it. */
  #lastWords = '';
  /** The end of the last text, where a data URI may have begun that the next one goes on with. */
  #textEnd = '';
  /** The last text ended inside of this picture. Cleared by the text that does not go on with it. */
  #openPicture: { picture: ExtractedPicture<SpoolFile>; thought: boolean } | null = null;

  constructor(options: PartReaderOptions) {
    this.#options = options;
    this.#pictureUris = pictureUriPattern(options.nonce);
    this.#placeholders = new RegExp(`${options.nonce}-\\d{1,9}-`, 'g');
  }

  /** The next text may go on with a picture's base64. */
  get expectsBase64(): boolean {
    return this.#openPicture !== null || /;base64,[\w+/-]*$/i.test(this.#textEnd);
  }

  async *read(message: Message): AsyncGenerator<ModelEvent, void> {
    const result = readMessage(message);
    if (result.kind === 'broken') yield* this.#readCut(message);
    if (result.kind === 'done') this.summary.done = true;
    if (result.kind === 'documents') {
      for (const document of result.documents) yield* this.#readDocument(document);
    }
    await this.#options.pictures.discardUnclaimed(message.text);
  }

  /** Call at the end of all messages: a picture in the words that no text went on with. */
  async *readOpenPicture(): AsyncGenerator<ModelEvent, void> {
    const open = this.#openPicture;
    this.#openPicture = null;
    if (open === null) return;
    const { picture, thought } = open;
    yield* this.#readPicture(picture, { thought, isInWords: true, isCut: false });
  }

  /** Call behind it: a picture that was only linked in the text, where no other came. */
  async *readLink(): AsyncGenerator<ModelEvent, void> {
    const { image, error, broken, blockReason } = this.summary;
    if (image !== null || error !== null || blockReason !== null) return;
    const address = lastPictureLink(this.#lastWords.slice(-LINK_WITHIN));
    if (address === null) return;
    yield* this.#readAddress(address, false);
    // A link that must not or cannot be followed is just what the model said.
    this.summary.broken = broken;
  }

  /** Gives up a picture that was begun in the words. */
  async discard(): Promise<void> {
    await this.#openPicture?.picture.sink.discard();
    this.#openPicture = null;
  }

  /**
   * The pictures that are whole in a document that is not: a picture is made and paid for with its
   * last byte, whatever breaks behind it. One whose flag did not arrive is no draft as far as anybody
   * can tell, so it comes after every earlier picture, as it would have with a part that says nothing.
   */
  async *#readCut({ text, isCut }: Message): AsyncGenerator<ModelEvent, void> {
    if (!isCut) {
      this.summary.understood = true;
      this.summary.broken ??= new Failure('bad_answer', 'a document of the answer is not JSON', {
        details: { problem: 'unreadable' },
      });
    }
    const whole = readMessage({ text: completeJson(text) ?? '', event: null });
    if (whole.kind !== 'documents') return;
    const { nonce, report } = this.#options;
    for (const part of whole.documents.flatMap((document) => document.parts)) {
      const { thought } = part;
      if (part.text.includes(nonce)) yield* this.#readText(part.text, { thought, isCut: true });
      // The first characters of a picture have cost as much as all of them.
      if (part.source !== '') report.sawImage = true;
      if (part.source.includes(nonce)) yield* this.#readSource(part.source, thought, true);
    }
  }

  async *#readDocument(document: ModelDocument): AsyncGenerator<ModelEvent, void> {
    for (const part of document.parts) yield* this.#readPart(part);
    const usage = this.summary.addDocument(this.#withCleanWords(document));
    if (usage !== null) yield { type: 'usage', usage };
  }

  async *#readPart({ text, thought, source }: Part): AsyncGenerator<ModelEvent, void> {
    const { limits } = this.#options;
    this.#parts += 1;
    if (this.#parts > limits.parts) {
      throw overLimit(`more than ${limits.parts} parts in one answer`);
    }
    if (text !== '') yield* this.#readText(text, { thought, isCut: false });
    if (source !== '') yield* this.#readSource(source, thought, false);
  }

  /** Words, and the pictures among them, which may go on over any number of texts. */
  async *#readText(
    text: string,
    { thought, isCut }: { thought: boolean; isCut: boolean },
  ): AsyncGenerator<ModelEvent, void> {
    const { pictures } = this.#options;
    let rest = text;
    if (this.#openPicture !== null) {
      const { picture } = this.#openPicture;
      const { taken } = await pictures.store(text, picture);
      rest = text.slice(taken);
      if (rest === '' && !picture.hadEnd) return;
      yield* this.readOpenPicture();
    }
    const whole = this.#textEnd + rest;
    let from = 0;
    for (const piece of piecesOf(whole, this.#pictureUris, this.#textEnd.length)) {
      yield* this.#readWords(piece.words, thought);
      if (piece.picture === null) continue;
      from = piece.end;
      const picture = pictures.claim(piece.picture) ?? (await this.#store(piece.picture)).picture;
      const goesOn = from === whole.length && !picture.hadEnd;
      if (goesOn) this.#openPicture = { picture, thought };
      else yield* this.#readPicture(picture, { thought, isInWords: true, isCut });
    }
    this.#textEnd = whole.slice(Math.max(from, whole.length - MENTION_LENGTH));
  }

  *#readWords(text: string, thought: boolean): Generator<ModelEvent, void> {
    if (text === '') return;
    this.#textLength += text.length;
    if (this.#textLength > this.#options.limits.textLength) {
      throw overLimit('more text than a picture can need');
    }
    const words = withoutLongBase64(this.#withoutPlaceholders(text)).replace(MORE_LINES, '');
    if (!thought) {
      this.summary.addWords(words);
      this.#lastWords += words;
      if (this.#lastWords.length > 2 * LINK_WITHIN) {
        this.#lastWords = this.#lastWords.slice(-LINK_WITHIN);
      }
    }
    yield { type: thought ? 'thought' : 'text', text: words };
  }

  /** What stands where a picture belongs: base64, a data URI, or an address. */
  async *#readSource(
    source: string,
    thought: boolean,
    isCut: boolean,
  ): AsyncGenerator<ModelEvent, void> {
    if (ADDRESS.test(source)) return yield* this.#readAddress(source, thought);
    const context = { thought, isInWords: false, isCut };
    const data = source.trim().replace(URI_HEAD, '').trim();
    const extracted = this.#options.pictures.claim(data);
    if (extracted !== null) return yield* this.#readPicture(extracted, context);
    const base64 = data.replace(/\s+/g, '');
    const { picture, taken } = await this.#store(base64);
    if (taken === base64.length) yield* this.#readPicture(picture, context);
    else await this.#giveUp(picture, context);
  }

  /** A picture so small, or so odd, that its base64 stayed in the text. */
  #store(base64: string) {
    this.#options.report.sawImage = true;
    return this.#options.pictures.store(base64);
  }

  async *#readPicture(
    picture: ExtractedPicture<SpoolFile>,
    context: Context,
  ): AsyncGenerator<ModelEvent, void> {
    const isWhole = await this.#options.pictures.close(picture);
    const finish = () => picture.sink.finish(context.thought ? 'draft' : 'image');
    if (isWhole) yield* this.#readImage(finish, context);
    else await this.#giveUp(picture, context);
  }

  async #giveUp(picture: ExtractedPicture<SpoolFile>, { thought, isCut }: Context): Promise<void> {
    await picture.sink.discard();
    if (isCut) return;
    this.#noteBroken(new Failure('bad_answer', 'the base64 of a picture is damaged'), thought);
  }

  async *#readAddress(address: string, thought: boolean): AsyncGenerator<ModelEvent, void> {
    this.#options.report.sawImage = true;
    const fetch = () => this.#options.fetchPicture(address, thought ? 'draft' : 'image');
    yield* this.#readImage(fetch, { thought, isInWords: false, isCut: false });
  }

  /** A picture that cannot be read spoils the answer only when no other comes. */
  async *#readImage(
    make: () => Promise<ImageFile>,
    { thought, isInWords }: Context,
  ): AsyncGenerator<ModelEvent, void> {
    const { isWhole, spool, report } = this.#options;
    try {
      const image = await make();
      if (!(await isWhole(image))) {
        await spool.remove(image);
        throw new Failure('bad_answer', 'the picture breaks off', {
          details: { problem: 'broken_off' },
        });
      }
      report.files.push(image);
      if (thought) this.summary.draft = image;
      else this.summary.image = image;
      yield { type: thought ? 'draft' : 'image', image };
    } catch (error) {
      if (!(error instanceof Failure && error.kind === 'bad_answer')) throw error;
      // A text may show data that was never meant to be the picture: a drawing in SVG, say.
      if (isInWords && error.details.problem === 'not_an_image') return;
      this.#noteBroken(error, thought);
    }
  }

  #noteBroken(failure: Failure, thought: boolean): void {
    this.summary.understood = true;
    if (!thought) this.summary.broken ??= failure;
  }

  /** An ellipsis stands for base64 that is shown as no picture. */
  #withoutPlaceholders(text: string): string {
    return text.replace(this.#placeholders, '…');
  }

  #withCleanWords(document: ModelDocument): ModelDocument {
    const { error, finishMessage, blockMessage } = document;
    return {
      ...document,
      finishMessage: finishMessage && this.#withoutPlaceholders(finishMessage),
      blockMessage: blockMessage && this.#withoutPlaceholders(blockMessage),
      error: error && { ...error, message: this.#withoutPlaceholders(error.message) },
    };
  }
}
