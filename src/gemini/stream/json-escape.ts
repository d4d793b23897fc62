/** Reads one escape of a JSON string, however it is cut: `\/`, `\n`, `\u002b`. */
export interface EscapeReader {
  /** True between the backslash and the end of the escape. */
  readonly active: boolean;
  /** The escape as written so far, for passing it on unread. */
  readonly raw: string;
  /** Call with the backslash seen. */
  begin(): void;
  /** Takes the next byte. Returns the UTF-16 code unit once the escape is complete, else -1. */
  take(byte: number): number;
  reset(): void;
}

const SHORT_ESCAPES: Readonly<Record<string, number>> = {
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};
const LOWER_U = 0x75;

export function createEscapeReader(): EscapeReader {
  let raw = '';

  return {
    get active() {
      return raw !== '';
    },
    get raw() {
      return raw;
    },
    begin() {
      raw = '\\';
    },
    take(byte) {
      const character = String.fromCharCode(byte);
      raw += character;
      if (raw.length === 2) {
        if (byte === LOWER_U) return -1;
        // Quotes, slashes, and whatever JSON does not know stand for themselves.
        return SHORT_ESCAPES[character] ?? byte;
      }
      if (raw.length < 6) return -1;
      const code = Number.parseInt(raw.slice(2), 16);
      return Number.isNaN(code) ? 0xfffd : code;
    },
    reset() {
      raw = '';
    },
  };
}
