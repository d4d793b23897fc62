import { BACKSLASH, CR, LF, QUOTE } from './ascii.ts';

/**
 * Finds where the strings of one chunk end, by Node's native search. Each byte is looked for once:
 * what was found in front of the reader still holds. Ask for positions in rising order.
 */
export class StringSearch {
  readonly #chunk: Buffer;
  #quote = -1;
  #backslash = -1;
  #lf = -1;
  #cr = -1;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  /** The next quote or backslash, or the end of the chunk. */
  base64End(from: number): number {
    if (this.#quote < from) this.#quote = this.#next(QUOTE, from);
    if (this.#backslash < from) this.#backslash = this.#next(BACKSLASH, from);
    return Math.min(this.#quote, this.#backslash);
  }

  /** The same, or the next line end: no JSON string holds one. */
  plainEnd(from: number): number {
    if (this.#lf < from) this.#lf = this.#next(LF, from);
    if (this.#cr < from) this.#cr = this.#next(CR, from);
    return Math.min(this.base64End(from), this.#lf, this.#cr);
  }

  #next(byte: number, from: number): number {
    const index = this.#chunk.indexOf(byte, from);
    return index === -1 ? this.#chunk.length : index;
  }
}
