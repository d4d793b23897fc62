import { createParser } from 'eventsource-parser';
import { type GeminiLimits, overLimit } from '../limits.ts';
import { endOfString, JsonNesting } from './json-nesting.ts';

/** One message of a response: a small text, usually JSON, with placeholders where pictures stood. */
export interface Message {
  text: string;
  /** The event's type, where the stream named one. */
  event: string | null;
  /** It is only the beginning of a document: the rest is damaged, or never came. */
  isCut: boolean;
}

/** A field of an event stream, or a comment. */
const FIELD = /^[a-z]*:/i;
/** Some gateways put one prefix in front of another; no JSON begins or goes on with "data". */
const REPEATED_PREFIX = /^(?:data: *)+(?=data:)/;
/** Between the elements of a bare array, and around them; in front of each text of a sequence (RFC 7464). */
const BETWEEN: ReadonlySet<string | undefined> = new Set([' ', '\t', ',', '[', ']', '\u001e']);
/** What an array of documents may hold beside them. */
const LITERAL = /(?:null|true|false|-?\d[\d.eE+-]{0,39})(?![\w.+-])/y;
/** The beginning of a field's name, or of a literal: a response may be cut there. */
const CUT_WORD = /^[a-z]{0,8}$/i;

type LineKind = 'field' | 'json' | 'junk';

/**
 * Puts the text of a response together to messages. eventsource-parser reads the event stream; what
 * is no field of one is a bare JSON document, or an array of them, wherever it stands. The content
 * type is not asked: it lies.
 */
export class MessageReader {
  readonly #limits: GeminiLimits;
  readonly #parser = createParser({
    onEvent: ({ data, event }) =>
      this.#add({ text: data, event: event ?? null, isCut: this.#isCut }),
    onError: ({ type }) => {
      if (type === 'unknown-field') this.#junkLines += 1;
    },
  });
  /** Complete messages that wait to be taken. */
  #messages: Message[] = [];
  #count = 0;
  /** The line in progress, while it is not read piece by piece. */
  #line = '';
  /** What the line in progress is; null at its start. */
  #kind: LineKind | null = null;
  #isFirstLine = true;
  /** The document of the event in progress, over all its data lines. */
  #eventNesting: JsonNesting;
  #eventLength = 0;
  /** The bare document in progress; '' outside of one. */
  #bare = '';
  #bareNesting: JsonNesting;
  /** Lines that are neither an event stream's nor JSON: an HTML page, say. */
  #junkLines = 0;
  /** A bare document was given up, as it went on as no JSON can. */
  #isDamaged = false;
  /** The text ended inside of an event's document. Set by `finish`. */
  #isCut = false;
  #isFinishing = false;

  constructor(limits: GeminiLimits) {
    this.#limits = limits;
    this.#eventNesting = new JsonNesting(limits.depth);
    this.#bareNesting = new JsonNesting(limits.depth);
  }

  /** There was something, but nothing that a response can be. */
  get isJunk(): boolean {
    return this.#junkLines > 0 && !this.#isDamaged && !this.#isCut;
  }

  /**
   * Takes a piece of text: a line, its beginning or its rest. Only the last piece of a line may end
   * in a string. Throws `Failure('bad_answer')` where a bound is passed.
   */
  push(text: string, isLineEnd: boolean): void {
    this.#line += this.#isFirstLine ? text.replace(/^\ufeff/, '') : text;
    this.#isFirstLine = false;
    this.#bound(this.#line.length);
    this.#kind ??= this.#kindOf(this.#line);
    if (this.#kind === 'field' && !isLineEnd) return;
    const line = this.#line;
    const kind = this.#kind;
    this.#line = '';
    if (isLineEnd) this.#kind = null;
    if (kind === 'field') this.#readField(line);
    if (kind === 'json') this.#readBare(line);
    if (isLineEnd && kind === 'json') this.#endBareLine();
  }

  /** The messages that are complete. */
  take(): Message[] {
    return this.#messages.splice(0);
  }

  /**
   * No more text but this, which nothing ended. What is not complete follows as far as it came.
   */
  finish(rest: string): void {
    this.#isFinishing = true;
    const isCutWord = this.#kind === null && CUT_WORD.test(rest);
    if (!isCutWord) this.push(rest, true);
    const isBare = this.#bare !== '';
    this.#isCut = isBare || this.#eventNesting.isOpen;
    if (isBare) this.#add({ text: this.#bare, event: null, isCut: true });
    this.#endEvent();
  }

  #kindOf(line: string): LineKind {
    // No JSON goes on with "d": a line of an event stream begins inside a cut document.
    if (this.#bare !== '' && line.startsWith('d')) this.#abandonBare();
    if (this.#bare !== '') return 'json';
    if (line === '' || FIELD.test(line)) return 'field';
    // The further lines of a pretty-printed document may lack their prefix.
    if (this.#eventNesting.isOpen && !this.#eventNesting.isCut) return 'field';
    // Words in quotes are an element only of an array that began before them.
    if (line.startsWith('"')) {
      this.#junkLines += 1;
      return 'junk';
    }
    return 'json';
  }

  #readField(text: string): void {
    const isField = text === '' || FIELD.test(text);
    const line = isField ? text.replace(REPEATED_PREFIX, '') : `data: ${text}`;
    const isData = line.startsWith('data:');
    if (line === '' || (isData && this.#eventNesting.isCut)) this.#endEvent();
    if (isData) this.#readData(line);
    else if (line !== '') this.#parser.feed(`${line}\n`);
  }

  /** Some gateways leave out the blank line that ends an event: its document's end does as well. */
  #readData(line: string): void {
    const nesting = this.#eventNesting;
    let at = 'data:'.length;
    while (at < line.length && !nesting.isTooDeep) at = nesting.scan(line, at);
    this.#parser.feed(`${line.slice(0, at)}\n`);
    this.#eventLength += at;
    this.#bound(this.#eventLength, nesting);
    if (nesting.isWhole) this.#endEvent();
  }

  #endEvent(): void {
    this.#parser.feed('\n');
    this.#eventNesting = new JsonNesting(this.#limits.depth);
    this.#eventLength = 0;
  }

  /** Documents that stand bare in the text, or are elements of a bare array. */
  #readBare(text: string): void {
    for (let at = 0; at < text.length; ) {
      if (this.#bare === '') {
        at = this.#passBetween(text, at);
        if (at === text.length) return;
        if (text[at] !== '{') {
          this.#junkLines += 1;
          if (this.#kind !== null) this.#kind = 'junk';
          return;
        }
        this.#endEvent();
      }
      const end = this.#bareNesting.scan(text, at);
      this.#bare += text.slice(at, end);
      this.#bound(this.#bare.length, this.#bareNesting);
      if (this.#bareNesting.isTooDeep) return;
      at = end;
      if (!this.#bareNesting.isWhole) continue;
      this.#endBare(false);
    }
  }

  /** The index behind what may stand between two documents. */
  #passBetween(text: string, from: number): number {
    let at = from;
    for (;;) {
      while (BETWEEN.has(text[at])) at += 1;
      LITERAL.lastIndex = at;
      if (text[at] === '"') {
        const end = endOfString(text, at + 1);
        if (end === -1) return at;
        at = end;
      } else if (LITERAL.test(text)) at = LITERAL.lastIndex;
      else return at;
    }
  }

  #endBareLine(): void {
    // A string that meets a line end was cut off; between tokens it is blank space like any.
    if (this.#bareNesting.isCut) this.#abandonBare();
    else if (this.#bare !== '') this.#bare += '\n';
  }

  #abandonBare(): void {
    this.#isDamaged = true;
    this.#endBare(true);
  }

  #endBare(isCut: boolean): void {
    this.#add({ text: this.#bare, event: null, isCut });
    this.#bare = '';
    this.#bareNesting = new JsonNesting(this.#limits.depth);
  }

  #add(message: Message): void {
    this.#count += 1;
    if (this.#count > this.#limits.documents) {
      throw overLimit(`more than ${this.#limits.documents} messages in one answer`);
    }
    this.#messages.push(message);
  }

  /** Where a bound was passed, what came before it still counts: the end is not bounded. */
  #bound(length: number, nesting?: JsonNesting): void {
    if (this.#isFinishing) return;
    const { documentBytes, depth } = this.#limits;
    if (length > documentBytes) throw overLimit(`a document is larger than ${documentBytes} bytes`);
    if (nesting?.isTooDeep)
      throw overLimit(`a document is nested deeper than ${depth}`, 'too_deep');
  }
}
