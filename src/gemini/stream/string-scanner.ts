import { imageTypeOf } from '../../images/header/image-type.ts';
import { type GeminiLimits, overLimit } from '../limits.ts';
import { BACKSLASH, BLANKS, CLOSE_OBJECT, CR, LF, QUOTE } from './ascii.ts';
import { isBase64Code } from './base64.ts';
import { Base64Run } from './base64-run.ts';
import { ByteBuffer } from './byte-buffer.ts';
import { EscapeReader, unescaped } from './json-escape.ts';
import type { PictureExtractor, PictureSink } from './picture-extractor.ts';
import { StringSearch } from './string-search.ts';

/** The head of a data URI, and a line break before it: what may stand before base64 that fills its string. */
const FILLS_STRING = /^\s*(data:[^,]{0,120},\s*)?$/i;
/** More than that. */
const HEAD_LENGTH = 160;

type Mode =
  | 'outside'
  /** In a string, whose bytes go on as text. */
  | 'text'
  /** In the base64 of a picture. */
  | 'picture'
  /** In the rest of a string that nobody reads. */
  | 'skipped';

export interface StringScannerOptions<Sink extends PictureSink> {
  pictures: PictureExtractor<Sink>;
  limits: GeminiLimits;
  /** Takes the text: a line's last piece, and each piece that ends behind a "}" outside of strings. */
  onText: (text: string, isLineEnd: boolean) => void;
  /** Called when a picture begins. */
  onPicture: () => void;
  /** Whether base64 that is no picture by itself may be one's second part: none is passed over then. */
  keepsBase64: () => boolean;
}

/**
 * Scans the bytes of a response for JSON strings. A long run of base64 that begins as a picture does
 * leaves to the extractor, with a placeholder in its stead; a long run of any other is cut off; all
 * else goes on as text. It knows no more of the text than strings: a line end ends every string, so
 * a quote in a comment or another field shifts nothing.
 */
export class StringScanner<Sink extends PictureSink> {
  readonly #options: StringScannerOptions<Sink>;
  readonly #text: ByteBuffer;
  readonly #escape = new EscapeReader();
  #chunk: Buffer = Buffer.alloc(0);
  #search = new StringSearch(this.#chunk);
  #mode: Mode = 'outside';
  /** The last byte was a CR; an LF right behind it belongs to the same line end. */
  #isAfterCr = false;
  /** The line began with a colon: a comment, if it is a line of an event stream. */
  #isComment = false;
  #isLineStart = true;
  #stringBytes = 0;
  #skippedBytes = 0;
  /** Where the text of the string in progress begins. */
  #stringStart = 0;
  readonly #run = new Base64Run();
  /** Nothing stands before the picture's base64 in its string: blank space is part of it. */
  #fillsString = false;

  constructor(options: StringScannerOptions<Sink>) {
    this.#options = options;
    this.#text = new ByteBuffer(options.limits.documentBytes);
  }

  /** Bytes of strings so far. Grows with everything that says something; pings have none. */
  get stringBytes(): number {
    return this.#stringBytes;
  }

  /**
   * Reads on from an index. Stops behind each piece of text, at the end of the chunk, and where a
   * picture's block must be written before anything more is read.
   */
  scan(chunk: Buffer, from: number): number {
    if (chunk !== this.#chunk) {
      this.#chunk = chunk;
      this.#search = new StringSearch(chunk);
    }
    if (!this.#isInString) return this.#scanOutside(chunk, from);
    let at = from;
    while (at < chunk.length && this.#isInString && this.#options.pictures.pendingWrite === null) {
      if (this.#escape.isActive) at = this.#scanEscape(chunk, at);
      else if (this.#mode === 'text') at = this.#scanText(chunk, at);
      else if (this.#mode === 'picture') at = this.#scanPicture(chunk, at);
      else at = this.#scanSkipped(chunk, at);
    }
    if (!this.#isComment) this.#stringBytes += at - from;
    return at;
  }

  get #isInString(): boolean {
    return this.#mode !== 'outside';
  }

  /** No more bytes. Returns what is left of the text. */
  finish(): string {
    if (this.#isInString) this.#breakOff();
    return this.#text.text();
  }

  #scanOutside(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (isLineEnd(byte)) {
        const isSecondHalf = byte === LF && this.#isAfterCr;
        this.#isAfterCr = byte === CR;
        if (isSecondHalf) continue;
        this.#passText(true);
        return at + 1;
      }
      this.#isAfterCr = false;
      if (this.#isLineStart) this.#isComment = byte === 0x3a;
      this.#isLineStart = false;
      this.#text.push(byte);
      if (byte === QUOTE) {
        this.#mode = 'text';
        this.#stringStart = this.#text.length;
        this.#run.end();
        return at + 1;
      }
      if (byte === CLOSE_OBJECT) {
        this.#passText(false);
        return at + 1;
      }
    }
    return chunk.length;
  }

  #passText(isLineEnd: boolean): void {
    const text = this.#text.text();
    this.#text.truncate(0);
    if (isLineEnd) this.#isLineStart = true;
    this.#options.onText(text, isLineEnd);
  }

  #scanText(chunk: Buffer, from: number): number {
    const end = this.#search.plainEnd(from);
    let at = from;
    while (at < end && this.#mode === 'text') {
      at = this.#run.isJudged ? this.#copyRun(chunk, at, end) : this.#copyWords(chunk, at, end);
    }
    if (this.#mode !== 'text' || at === chunk.length) return at;
    return this.#takeSpecial(chunk, at);
  }

  /** A quote, a backslash or a line end. */
  #takeSpecial(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (isLineEnd(byte)) {
      this.#breakOff();
      return at;
    }
    if (byte === BACKSLASH) this.#escape.begin();
    if (byte === QUOTE) this.#mode = 'outside';
    if (this.#mode === 'text' || byte === QUOTE) this.#text.push(byte);
    return at + 1;
  }

  /** Copies words up to the first run of base64 that can be judged. */
  #copyWords(chunk: Buffer, from: number, end: number): number {
    const at = this.#run.find(chunk, from, end, this.#text.length);
    this.#text.append(chunk, from, at);
    if (this.#run.isToBeJudged) this.#judgeRun();
    return at;
  }

  /** Copies a run that is no picture; too long a one is nobody's words, and neither is what follows. */
  #copyRun(chunk: Buffer, from: number, end: number): number {
    const room = this.#options.limits.base64Length - this.#run.length;
    const last = this.#options.keepsBase64() ? end : Math.min(end, from + room);
    const at = this.#run.pass(chunk, from, last);
    this.#text.append(chunk, from, at);
    if (at < end && !isBase64Code(chunk[at] ?? 0)) this.#run.end();
    else this.#boundRun();
    return at;
  }

  #boundRun(): void {
    if (this.#run.length >= this.#options.limits.base64Length && !this.#options.keepsBase64()) {
      this.#mode = 'skipped';
    }
  }

  /** Base64 that begins as a picture does is one; everything from its first character on leaves. */
  #judgeRun(): void {
    const characters = unescaped(this.#text.text(this.#run.start));
    if (imageTypeOf(Buffer.from(characters, 'base64')) === null) {
      this.#run.judge();
      return;
    }
    this.#fillsString = this.#runFillsString();
    this.#text.truncate(this.#run.start);
    this.#mode = 'picture';
    this.#options.onPicture();
    this.#options.pictures.begin();
    for (let at = 0; at < characters.length; at++) {
      this.#options.pictures.takeCode(characters.charCodeAt(at));
    }
  }

  /** Whether the run is all that its string holds, but for the head of a data URI. */
  #runFillsString(): boolean {
    const headLength = this.#run.start - this.#stringStart;
    if (this.#run.length === 0 || headLength > HEAD_LENGTH) return false;
    const runLength = this.#text.text(this.#run.start).length;
    return FILLS_STRING.test(unescaped(this.#text.text(this.#stringStart).slice(0, -runLength)));
  }

  #scanEscape(chunk: Buffer, from: number): number {
    for (let at = from; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (isLineEnd(byte)) {
        this.#breakOff();
        return at;
      }
      if (this.#mode === 'text') this.#text.push(byte);
      const taken = this.#escape.take(byte);
      if (taken === null) continue;
      if (this.#mode === 'text') this.#takeEscape(taken);
      else if (this.#mode === 'picture' && !this.#takePictureCode(taken.code)) {
        this.#endPicture();
        this.#text.appendAscii(taken.raw);
      }
      return at + 1;
    }
    return chunk.length;
  }

  /** An escape that was passed on as it is written. */
  #takeEscape({ raw, code }: { raw: string; code: number }): void {
    if (isBase64Code(code)) {
      this.#run.add(this.#text.length - raw.length);
      if (this.#run.isJudged) this.#boundRun();
      else if (this.#run.isToBeJudged) this.#judgeRun();
      // Some base64 comes in lines.
    } else if (!BLANKS.has(code) || this.#run.isJudged || !this.#runFillsString()) {
      this.#run.end();
    }
  }

  #scanPicture(chunk: Buffer, from: number): number {
    const { pictures } = this.#options;
    const at = pictures.take(chunk, from, this.#search.base64End(from));
    if (pictures.pendingWrite !== null || at === chunk.length) return at;
    const byte = chunk[at] ?? 0;
    if (byte === BACKSLASH || isLineEnd(byte)) return this.#takeSpecial(chunk, at);
    if (byte !== QUOTE && this.#takePictureCode(byte)) return at + 1;
    // The quote, or words behind it: text either way.
    this.#endPicture();
    return at;
  }

  #takePictureCode(code: number): boolean {
    return (this.#fillsString || !BLANKS.has(code)) && this.#options.pictures.takeCode(code);
  }

  #endPicture(): void {
    this.#text.appendAscii(this.#options.pictures.end());
    this.#mode = 'text';
    this.#run.end();
  }

  /** Passes over the string at the speed of memory where nothing is escaped. */
  #scanSkipped(chunk: Buffer, from: number): number {
    let end = this.#search.plainEnd(from);
    // An escape in the middle of the chunk hides the byte behind it, unless that ends the line.
    while (chunk[end] === BACKSLASH && end + 1 < chunk.length && !isLineEnd(chunk[end + 1])) {
      end = this.#search.plainEnd(end + 2);
    }
    this.#skippedBytes += end - from + 1;
    const { skippedBytes } = this.#options.limits;
    if (this.#skippedBytes > skippedBytes) {
      throw overLimit(`more than ${skippedBytes} bytes of base64 that is no picture`);
    }
    return end === chunk.length ? end : this.#takeSpecial(chunk, end);
  }

  /** The string ends here without its quote. */
  #breakOff(): void {
    if (this.#mode === 'picture') this.#text.appendAscii(this.#options.pictures.breakOff());
    this.#escape.reset();
    this.#mode = 'outside';
  }
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}
