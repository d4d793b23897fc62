import { BACKSLASH, CLOSE_ARRAY, CLOSE_OBJECT, OPEN_ARRAY, OPEN_OBJECT, QUOTE } from './ascii.ts';

/** Follows the text of one JSON document just far enough to know where it ends. */
export class JsonNesting {
  readonly #maxDepth: number;
  #depth = 0;
  /** An object or array was opened. */
  #hasBegun = false;
  #isCut = false;
  #isTooDeep = false;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  /** Inside an object or an array. */
  get isOpen(): boolean {
    return this.#depth > 0;
  }

  /** The text ended inside of a string, which no later text can mend. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** It is nested deeper than its bound. */
  get isTooDeep(): boolean {
    return this.#isTooDeep;
  }

  /** Everything that was opened is closed. */
  get isWhole(): boolean {
    return this.#hasBegun && !this.#isCut && this.#depth === 0;
  }

  /**
   * Reads on from an index: to the end of the text, behind the bracket that closes the document, or
   * in front of one that opens too deep a level.
   */
  scan(text: string, from: number): number {
    let at = from;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      at += 1;
      if (code === QUOTE) {
        const end = endOfString(text, at);
        this.#isCut = end === -1;
        if (this.#isCut) return text.length;
        at = end;
      } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
        this.#hasBegun = true;
        this.#isTooDeep = this.#depth === this.#maxDepth;
        if (this.#isTooDeep) return at - 1;
        this.#depth += 1;
      } else if ((code === CLOSE_OBJECT || code === CLOSE_ARRAY) && this.#depth > 0) {
        this.#depth -= 1;
        if (this.#depth === 0) return at;
      }
    }
    return at;
  }
}

/** The index behind a string's closing quote, looked for from behind its opening one; -1 for none. */
export function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let at = quote;
    while (at > from && text.charCodeAt(at - 1) === BACKSLASH) at -= 1;
    if ((quote - at) % 2 === 0) return quote + 1;
  }
  return -1;
}
