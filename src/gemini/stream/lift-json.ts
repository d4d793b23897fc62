import type { Tape } from './byte-buffer.ts';
import type { JsonPath } from './json-path.ts';
import type { StringReader } from './string-scanner.ts';

/** Reads the bytes of JSON documents onto the tape, told apart just enough to know each string. */
export interface JsonReader {
  /** Inside an object, an array or a string. */
  readonly open: boolean;
  /** Inside a string. */
  readonly inString: boolean;
  /**
   * Reads on. Stops before a line end, at the end of the chunk, behind a bracket that closes the
   * document, or when a picture waits to be written.
   */
  scan(chunk: Buffer, from: number): number;
  /** The text of the document ends here, wherever that is. */
  breakOff(): void;
  /** Gives the document up; the next byte begins another. */
  reset(): void;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LF = 0x0a;
const CR = 0x0d;

export function createJsonReader(parts: {
  tape: Tape;
  path: JsonPath;
  strings: StringReader;
  /** Whether a picture waits to be written. */
  waiting: () => boolean;
}): JsonReader {
  const { tape, path, strings } = parts;

  /** A string just ended, or the scan has to wait. */
  function scanString(chunk: Buffer, from: number): number {
    const at = strings.scan(chunk, from);
    // Harmless where the string was a value: only a key is ever followed by its own value.
    if (!strings.active && path.role() === 'key') path.name(strings.key);
    return at;
  }

  function take(byte: number): void {
    tape.push(byte);
    if (byte === QUOTE) strings.begin(path.role());
    else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) path.open(byte === OPEN_OBJECT);
    else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) path.close();
    else if (byte === COMMA) path.comma();
    else if (byte === COLON) path.colon();
  }

  return {
    get open() {
      return path.depth > 0 || strings.active;
    },
    get inString() {
      return strings.active;
    },
    scan(chunk, from) {
      let at = from;
      while (at < chunk.length && !parts.waiting()) {
        if (strings.active) {
          at = scanString(chunk, at);
          if (strings.active) return at;
          continue;
        }
        const byte = chunk[at] ?? 0;
        if (byte === LF || byte === CR) return at;
        take(byte);
        at += 1;
        if ((byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) && path.depth === 0) return at;
      }
      return at;
    },
    breakOff: () => strings.breakOff(),
    reset() {
      strings.abandon();
      path.reset();
    },
  };
}
