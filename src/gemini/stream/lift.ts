import type { Tape } from './byte-buffer.ts';
import type { JsonReader } from './lift-json.ts';

/** What comes out of the bytes: small text, with a handle wherever a picture stood. */
export interface LiftTarget {
  /**
   * A line of an event stream, without its end; '' is the blank line that ends an event.
   * @param isCut the bytes ended inside of the event's document
   */
  line(text: string, isCut?: boolean): void;
  /** A whole JSON document that stood bare in the stream, or was an element of a bare array. */
  document(text: string): void;
  /** A bare document that went on as no JSON can, or did not go on, as far as it came. */
  cutDocument(text: string): void;
}

/** How the bytes ended. */
export interface LiftEnd {
  /** In the middle of a document. */
  incomplete: boolean;
  /** Bare documents that were given up, as they went on as no JSON can. */
  damaged: boolean;
  /** Lines that are neither an event stream's nor JSON: an HTML page, say. */
  junkLines: number;
}

/**
 * Reads an answer line by line without ever holding a line. Every form the service and its
 * gateways use is told by how a line begins, not by the content type, which lies: an event
 * stream, a JSON array or object, and either of these in the middle of the other.
 */
export interface Lifter {
  /** Bytes so far that belonged to a document. */
  readonly documentBytes: number;
  /** Reads on from an index; stops early when it is paused. */
  scan(chunk: Buffer, from: number): number;
  /** No more bytes. Passes on what is complete though its line or blank line is missing. */
  end(): LiftEnd;
}

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const LOWER_D = 0x64;
const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** In front of each text of a sequence (RFC 7464). */
const RECORD_SEPARATOR = 0x1e;
/** Between the elements of a bare array, and around them. */
const BETWEEN: ReadonlySet<number> = new Set([SPACE, TAB, 0x2c, 0x5b, 0x5d, RECORD_SEPARATOR]);
/** What an array of documents may hold beside them. */
const LITERAL = /^(null|true|false|-?\d[\d.eE+-]*)$/;
const LITERAL_CHARACTER = /[\w.+-]/;
/** Longer than any of them needs to be. */
const LITERAL_LENGTH = 40;
const BOM = [0xef, 0xbb, 0xbf];

type State =
  /** At the start of a line, or behind a bare document on the same line. */
  | 'start'
  /** In the letters in front of a colon. */
  | 'name'
  /** Right behind `data:`, and the blank space that may follow. */
  | 'colon'
  /** In the JSON of a `data:` line, or of a line that goes on with it. */
  | 'data'
  /** In a field that is passed on as it is. */
  | 'field'
  /** In a bare document. */
  | 'bare'
  /** In a string that is an element of a bare array. */
  | 'string'
  /** In a comment, or in what nobody understands. */
  | 'drop';

/** Fields that the parser of the event stream may want. `id` and `retry` mean nothing here. */
const PASSED_FIELDS: ReadonlySet<string> = new Set(['event']);
const NAME_LENGTH = 8;

export function createLifter(parts: {
  tape: Tape;
  json: JsonReader;
  target: LiftTarget;
  /** Whether what came out so far must be dealt with before anything more is read. */
  paused: () => boolean;
}): Lifter {
  const { tape, json, target } = parts;
  let state: State = 'start';
  let name = '';
  /** An element of a bare array that is no document, as far as it was read. */
  let literal = '';
  /** Behind a backslash in a string that is one. */
  let isEscaped = false;
  /** At column 0 of a line. */
  let fresh = true;
  /** An event has data and was not ended by a blank line yet. */
  let eventOpen = false;
  /** The last byte was a CR; an LF right behind it belongs to the same line end. */
  let afterCr = false;
  let bomMatched = 0;
  let documentBytes = 0;
  const end: LiftEnd = { incomplete: false, damaged: false, junkLines: 0 };

  function endEvent(): void {
    json.reset();
    if (eventOpen) target.line('');
    eventOpen = false;
  }

  function passLine(): void {
    json.breakOff();
    const text = tape.text();
    tape.truncate(0);
    state = 'start';
    target.line(text);
  }

  function beginData(): void {
    // Some gateways leave the blank line out: a document that is whole ends its event.
    if (eventOpen && (!json.open || json.inString)) endEvent();
    eventOpen = true;
    tape.truncate(0);
    tape.append('data: ');
    state = 'colon';
  }

  function beginBare(): void {
    endEvent();
    tape.truncate(0);
    state = 'bare';
  }

  function abandonBare(): void {
    end.damaged = true;
    json.breakOff();
    target.cutDocument(tape.text());
    json.reset();
    tape.truncate(0);
  }

  function lineEnd(): void {
    if (state === 'bare') {
      // A string that meets a line end was cut off; between tokens it is blank space like any.
      if (json.inString) {
        abandonBare();
        state = 'start';
      } else tape.push(SPACE);
      fresh = true;
      return;
    }
    if (state === 'data' || state === 'colon' || state === 'field') passLine();
    else if (state === 'start' && fresh) endEvent();
    else if (state === 'name' && !LITERAL.test(name)) end.junkLines += 1;
    if (!endLiteral() || state === 'string') end.junkLines += 1;
    state = 'start';
    fresh = true;
  }

  /** The first byte of a line, or one behind a bare document. Returns whether it was used up. */
  function takeStart(byte: number): boolean {
    const atColumnZero = fresh;
    fresh = false;
    if (atColumnZero && byte === COLON) {
      state = 'drop';
      return true;
    }
    if (atColumnZero && isLetter(byte)) {
      state = 'name';
      name = '';
      return false;
    }
    if (eventOpen && json.open && !json.inString) {
      // A pretty-printed document whose lines after the first lack their `data:`.
      tape.truncate(0);
      tape.append('data: ');
      state = 'data';
      return false;
    }
    if (byte === OPEN_OBJECT) {
      beginBare();
      return false;
    }
    if (BETWEEN.has(byte)) {
      if (endLiteral()) return true;
    } else if (!atColumnZero && literal === '' && byte === QUOTE) {
      state = 'string';
      isEscaped = false;
      return true;
    } else if (!atColumnZero && literal.length < LITERAL_LENGTH) {
      const character = String.fromCharCode(byte);
      literal += character;
      if (LITERAL_CHARACTER.test(character)) return true;
    }
    dropLine();
    return true;
  }

  /** False where it is none. */
  function endLiteral(): boolean {
    const isLiteral = literal === '' || LITERAL.test(literal);
    literal = '';
    return isLiteral;
  }

  function dropLine(): void {
    end.junkLines += 1;
    literal = '';
    state = 'drop';
  }

  function takeName(byte: number): void {
    if (byte !== COLON) {
      if (BETWEEN.has(byte) && LITERAL.test(name)) {
        state = 'start';
        return;
      }
      name += String.fromCharCode(byte);
      if (name.length > NAME_LENGTH) dropLine();
    } else if (name === 'data') {
      beginData();
    } else if (PASSED_FIELDS.has(name)) {
      tape.truncate(0);
      tape.append(`${name}:`);
      state = 'field';
    } else {
      if (name !== 'id' && name !== 'retry') end.junkLines += 1;
      state = 'drop';
    }
  }

  function scanJson(chunk: Buffer, from: number): number {
    const at = json.scan(chunk, from);
    documentBytes += at - from;
    if (state === 'bare' && !json.open) {
      target.document(tape.text());
      tape.truncate(0);
      state = 'start';
    }
    return at;
  }

  function takeString(byte: number): void {
    if (byte === QUOTE && !isEscaped) state = 'start';
    isEscaped = byte === BACKSLASH && !isEscaped;
  }

  function scanDropped(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && chunk[at] !== LF && chunk[at] !== CR) at += 1;
    return at;
  }

  function step(chunk: Buffer, at: number): number {
    const byte = chunk[at] ?? 0;
    if (byte === LF || byte === CR) {
      if (!(byte === LF && afterCr)) lineEnd();
      afterCr = byte === CR;
      return at + 1;
    }
    afterCr = false;
    switch (state) {
      case 'start':
        return takeStart(byte) ? at + 1 : at;
      case 'name':
        takeName(byte);
        return at + 1;
      case 'colon':
        if (byte === SPACE) return at + 1;
        // No JSON begins or goes on with "d": some gateways put one prefix in front of another.
        state = byte === LOWER_D ? 'name' : 'data';
        name = '';
        return at;
      case 'field':
        tape.push(byte);
        return at + 1;
      case 'string':
        takeString(byte);
        return at + 1;
      case 'drop':
        return scanDropped(chunk, at);
      case 'bare':
        if (fresh && byte === LOWER_D) {
          // No JSON goes on with "d": a line of an event stream begins inside a cut document.
          abandonBare();
          state = 'start';
          return at;
        }
        fresh = false;
        return scanJson(chunk, at);
      case 'data':
        return scanJson(chunk, at);
    }
  }

  return {
    get documentBytes() {
      return documentBytes;
    },
    scan(chunk, from) {
      let at = from;
      while (bomMatched < BOM.length && at < chunk.length) {
        bomMatched = chunk[at] === BOM[bomMatched] ? bomMatched + 1 : BOM.length + 1;
        if (bomMatched <= BOM.length) at += 1;
      }
      while (at < chunk.length && !parts.paused()) at = step(chunk, at);
      return at;
    },
    end() {
      end.incomplete = json.open;
      if (state === 'data' || state === 'colon' || state === 'field') passLine();
      if (state === 'bare' && end.incomplete) {
        json.breakOff();
        target.cutDocument(tape.text());
      }
      if (eventOpen) target.line('', end.incomplete);
      eventOpen = false;
      json.reset();
      return end;
    },
  };
}

function isLetter(byte: number): boolean {
  return (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a);
}
