import { isBase64Code } from './base64.ts';

/**
 * So many characters of base64 in a run are judged by what they begin with: 48 bytes, more than any
 * type's magic number needs, and no longer than the lines that base64 is broken into.
 */
const JUDGED_LENGTH = 64;

/** The run of base64 that the text of a string ends with, escapes read. */
export class Base64Run {
  /** Characters; 0 outside of a run. */
  #length = 0;
  /** Where it begins in the text. Set with its first character. */
  #start = 0;
  /** It was judged, and is no picture. Cleared at its end. */
  #isJudged = false;

  get length(): number {
    return this.#length;
  }

  get start(): number {
    return this.#start;
  }

  get isJudged(): boolean {
    return this.#isJudged;
  }

  /** It is long enough to tell whether it is a picture, and nobody has yet. */
  get isToBeJudged(): boolean {
    return this.#length >= JUDGED_LENGTH && !this.#isJudged;
  }

  /**
   * The index behind the first run that is to be judged, as far as that takes, or `end`. Looks only
   * where such a run must have a character, and from there backwards for its beginning.
   * @param offset where the character at `from` will stand in the text
   */
  find(chunk: Buffer, from: number, end: number, offset: number): number {
    for (let start = from; ; ) {
      const reached = Math.min(start + JUDGED_LENGTH - this.#length, end);
      let at = reached;
      while (at > start && isBase64Code(chunk[at - 1] ?? 0)) at -= 1;
      const goesOn = at === start && this.#length > 0;
      if (!goesOn) {
        this.#length = 0;
        this.#start = offset + at - from;
      }
      if (at === start || reached === end) {
        this.#length += reached - at;
        return reached;
      }
      start = at;
    }
  }

  /** The index behind the rest of a run that was judged, or `end`. */
  pass(chunk: Buffer, from: number, end: number): number {
    let at = from;
    while (at < end && isBase64Code(chunk[at] ?? 0)) at += 1;
    this.#length += at - from;
    return at;
  }

  /** One more character, which was written at an offset as an escape. */
  add(offset: number): void {
    if (this.#length === 0) this.#start = offset;
    this.#length += 1;
  }

  /** It is no picture. */
  judge(): void {
    this.#isJudged = true;
  }

  end(): void {
    this.#length = 0;
    this.#isJudged = false;
  }
}
