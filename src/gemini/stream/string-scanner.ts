import { Failure } from '../../domain.ts';
import { isBase64Code } from './base64.ts';
import type { Tape } from './byte-buffer.ts';
import { createDataUriWatcher, SMALLEST_PICTURE_BYTES } from './data-uri.ts';
import { createEscapeReader } from './json-escape.ts';
import type { StringRole } from './json-path.ts';
import type { PictureLifter, PictureSink } from './picture-extractor.ts';

/** Reads one JSON string after another; base64 goes to the pictures, the rest to the tape. */
export interface StringReader {
  /** Inside a string. */
  readonly active: boolean;
  /** The name that a string of the role `key` spelt; '' when too long to be one we know. */
  readonly key: string;
  /** Call after the opening quote. */
  begin(role: StringRole): void;
  /**
   * Reads on. Stops behind the closing quote (`active` is then false), before a line end (no JSON
   * string holds one), at the end of the chunk, or when a picture waits to be written.
   */
  scan(chunk: Buffer, from: number): number;
  /** The bytes of a string break off: a picture in it that has its last byte is whole all the same. */
  breakOff(): void;
  /** Ends a string that was cut off. */
  abandon(): void;
  /** No more strings: the handle of a data URI that no text went on with, or ''. */
  end(): string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const LF = 0x0a;
const CR = 0x0d;
/** Blank space that base64 may be broken with. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, LF, CR]);

/** Behind so many characters without a colon, `data` is no address any more. */
const HEAD_LENGTH = 8;
/** Longer than any key that matters here. */
const KEY_LENGTH = 32;
/** More than anybody reads of a string that is not the model's own words; the rest is dropped. */
const OTHER_LENGTH = 65_536;
/** With so much base64 behind it, a data URI in a text is no mention any more. */
const PICTURE_LENGTH = Math.ceil((SMALLEST_PICTURE_BYTES / 3) * 4);

type Mode =
  | 'key'
  | 'text'
  /** Base64 that fills the string, or the rest of it. */
  | 'picture'
  /** Base64 inside a text, behind `data:image/…;base64,`. */
  | 'uri'
  | 'skip';

export function createStringReader<Sink extends PictureSink>(parts: {
  tape: Tape;
  pictures: PictureLifter<Sink>;
  /** Of all strings, or ends of strings, that are passed over: signatures above all. */
  skippedBytes: number;
  /** Called when a picture begins. */
  onPicture: () => void;
}): StringReader {
  const { tape, pictures } = parts;
  const escapes = createEscapeReader();
  /** Gateways break the model's words anywhere: what begins in one text may go on in the next. */
  const textWatcher = createDataUriWatcher();
  const otherWatcher = createDataUriWatcher();
  let watcher = otherWatcher;
  let active = false;
  let mode: Mode = 'text';
  /** The string can be nothing but a picture, or its address. */
  let isPicture = false;
  /** Bytes that a string may still have on the tape. */
  let room = 0;
  /** The string is the model's words. */
  let isText = false;
  /** Base64 behind the head of a data URI, too little so far for a picture; null elsewhere. */
  let mention: number[] | null = null;
  let mentionStart = 0;
  /** The mention that the last text ended in. */
  let openMention: number[] | null = null;
  /** The last text ended inside of a picture. */
  let isPictureOpen = false;
  let key = '';
  /** The first characters of a `data` that may yet be an address; null elsewhere. */
  let head: number[] | null = null;
  let headStart = 0;
  let skipped = 0;

  function close(): void {
    if (mode === 'uri' && isText && !pictures.isComplete()) {
      isPictureOpen = true;
      tape.append(pictures.openHandle);
    } else if (mode === 'picture' || mode === 'uri') {
      tape.append(pictures.end(false));
    }
    if (isText) openMention = mode === 'text' ? mention : null;
    tape.push(QUOTE);
    active = false;
  }

  /** One character of a key or a text, escapes read. */
  function see(code: number): void {
    if (mode === 'key') {
      if (key.length < KEY_LENGTH) key += String.fromCharCode(code);
      return;
    }
    if (mention !== null) takeMention(mention, code);
    if (watcher.see(code)) {
      startUri();
    } else if (head !== null) {
      head.push(code);
      if (code === COLON) head = null;
      else if (head.length === HEAD_LENGTH) startPicture(head);
    }
  }

  /** Behind the head of a data URI: in a text it may end anywhere, elsewhere it fills the string. */
  function startUri(): void {
    if (isPicture) {
      mode = 'picture';
      pictures.begin();
      parts.onPicture();
    } else {
      mention = [];
      mentionStart = tape.length;
    }
  }

  /** One character behind the head of a data URI: words until there is enough for a picture. */
  function takeMention(characters: number[], code: number): void {
    mention = isBase64Code(code) ? characters : null;
    characters.push(code);
    if (mention === null || characters.length < PICTURE_LENGTH) return;
    mention = null;
    tape.truncate(mentionStart);
    mode = 'uri';
    watcher.reset();
    pictures.begin();
    parts.onPicture();
    for (const character of characters) takeDecoded(character);
  }

  function startPicture(characters: number[]): void {
    head = null;
    tape.truncate(headStart);
    mode = 'picture';
    pictures.begin();
    parts.onPicture();
    for (const code of characters) {
      if (!takeDecoded(code)) break;
    }
  }

  /** One character of base64. False when it is none: the picture is then over or broken. */
  function takeDecoded(code: number): boolean {
    if (pictures.decoder.takeCode(code)) return true;
    if (mode === 'picture' && BLANKS.has(code)) return true;
    if (mode === 'picture') {
      tape.append(pictures.end(true));
      mode = 'skip';
    } else {
      tape.append(pictures.end(false));
      mode = 'text';
    }
    return false;
  }

  function scanEscape(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && escapes.active) {
      const byte = chunk[at] ?? 0;
      if (byte === LF || byte === CR) return at;
      const passes = mode === 'text' || mode === 'key';
      if (passes) tape.push(byte);
      room -= 1;
      at += 1;
      const code = escapes.take(byte);
      if (code === -1) continue;
      const { raw } = escapes;
      escapes.reset();
      if (passes) see(code);
      else if (mode !== 'skip' && !takeDecoded(code) && (mode as Mode) === 'text') {
        // It ended a data URI: it belongs to the text that goes on.
        tape.append(raw);
        watcher.reset();
      }
    }
    return at;
  }

  function scanText(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && active && (mode === 'text' || mode === 'key')) {
      const byte = chunk[at] ?? 0;
      if (byte === LF || byte === CR) return at;
      at += 1;
      if (byte === QUOTE) {
        close();
      } else {
        if (room <= 0) {
          mode = 'skip';
          return at - 1;
        }
        room -= 1;
        tape.push(byte);
        if (byte === BACKSLASH) {
          escapes.begin();
          return at;
        }
        see(byte);
      }
    }
    return at;
  }

  function scanBase64(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && pictures.pending === null) {
      const { decoder } = pictures;
      if (decoder.full) {
        pictures.flush();
        return at;
      }
      at = decoder.take(chunk, at, chunk.length);
      if (decoder.full || at === chunk.length) continue;
      const byte = chunk[at] ?? 0;
      if (byte === LF || byte === CR) return at;
      if (byte === QUOTE) {
        close();
        return at + 1;
      }
      if (byte === BACKSLASH) {
        escapes.begin();
        return at + 1;
      }
      // What ends a data URI is text again and is read as such; what breaks a picture is dropped.
      if (!takeDecoded(byte)) return mode === 'text' ? at : at + 1;
      at += 1;
    }
    return at;
  }

  /** Passes over a string without a look at it: at the speed of memory where nothing is escaped. */
  function scanSkipped(chunk: Buffer, from: number): number {
    const quote = nextOf(chunk, QUOTE, from);
    let at = isPlain(chunk.subarray(from, quote)) ? quote : from;
    while (at < chunk.length) {
      const byte = chunk[at];
      if (byte === LF || byte === CR) break;
      at += 1;
      if (byte === QUOTE) {
        close();
        break;
      }
      if (byte === BACKSLASH) {
        escapes.begin();
        at = scanEscape(chunk, at);
        if (escapes.active) break;
      }
    }
    countSkipped(at - from);
    return at;
  }

  function countSkipped(bytes: number): void {
    skipped += bytes;
    if (skipped > parts.skippedBytes) {
      throw new Failure('bad_answer', `more than ${parts.skippedBytes} bytes of signatures`, {
        details: { problem: 'too_large' },
      });
    }
  }

  return {
    get active() {
      return active;
    },
    get key() {
      return key.length < KEY_LENGTH ? key : '';
    },
    begin(role) {
      active = true;
      key = '';
      mode = role === 'key' ? 'key' : role === 'signature' ? 'skip' : 'text';
      isText = role === 'text';
      room = role === 'other' ? OTHER_LENGTH : Number.POSITIVE_INFINITY;
      isPicture = role === 'picture';
      head = isPicture ? [] : null;
      headStart = tape.length;
      escapes.reset();
      mention = isText ? openMention : null;
      mentionStart = tape.length;
      watcher = isText ? textWatcher : otherWatcher;
      if (isText && isPictureOpen) mode = 'uri';
      if (isText) isPictureOpen = false;
      else watcher.reset(isPicture);
    },
    scan(chunk, from) {
      let at = from;
      while (at < chunk.length && active && pictures.pending === null) {
        const before = at;
        if (escapes.active) at = scanEscape(chunk, at);
        else if (mode === 'text' || mode === 'key') at = scanText(chunk, at);
        else if (mode === 'skip') at = scanSkipped(chunk, at);
        else at = scanBase64(chunk, at);
        const byte = chunk[at];
        // Only a line end is never taken: the string was cut off there.
        if (at === before && (byte === LF || byte === CR)) return at;
      }
      return at;
    },
    breakOff() {
      if (!active || (mode !== 'picture' && mode !== 'uri') || !pictures.isComplete()) return;
      tape.append(pictures.end(false));
      mode = 'skip';
    },
    abandon() {
      if (active && (mode === 'picture' || mode === 'uri')) tape.append(pictures.end(true));
      active = false;
    },
    end() {
      const handle = isPictureOpen ? pictures.end(false) : '';
      isPictureOpen = false;
      return handle;
    },
  };
}

/** The index of the next such byte, or the end of the chunk. */
function nextOf(chunk: Buffer, byte: number, from: number): number {
  const index = chunk.indexOf(byte, from);
  return index === -1 ? chunk.length : index;
}

function isPlain(run: Buffer): boolean {
  return !run.includes(BACKSLASH) && !run.includes(LF) && !run.includes(CR);
}
