import { LOWER_U } from './ascii.ts';

const SHORT_ESCAPES: Readonly<Record<string, number>> = {
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
};

/** The UTF-16 code unit of an escape as it is written. */
function codeOf(raw: string): number {
  // Quotes, slashes, and whatever JSON does not know stand for themselves.
  if (raw.charCodeAt(1) !== LOWER_U) return SHORT_ESCAPES[raw.charAt(1)] ?? raw.charCodeAt(1);
  const code = Number.parseInt(raw.slice(2), 16);
  return Number.isNaN(code) ? 0xfffd : code;
}

/** A piece of a JSON string with its escapes read. */
export function unescaped(raw: string): string {
  return raw.replace(/\\(?:u.{4}|.)/gs, (written) => String.fromCharCode(codeOf(written)));
}

/** Reads one escape of a JSON string, however it is cut: `\/`, `\n`, `\u002b`. */
export class EscapeReader {
  /** As it is written, so far; '' outside of an escape. */
  #raw = '';

  get isActive(): boolean {
    return this.#raw !== '';
  }

  /** Call with the backslash seen. */
  begin(): void {
    this.#raw = '\\';
  }

  /** Takes the next byte. Returns the escape once it is complete, else null. */
  take(byte: number): { raw: string; code: number } | null {
    this.#raw += String.fromCharCode(byte);
    const raw = this.#raw;
    if (raw.charCodeAt(1) === LOWER_U && raw.length < 6) return null;
    this.#raw = '';
    return { raw, code: codeOf(raw) };
  }

  reset(): void {
    this.#raw = '';
  }
}
