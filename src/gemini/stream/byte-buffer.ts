import { overLimit } from '../limits.ts';

const FIRST_BYTES = 4_096;

/** A growing run of bytes that becomes text: what is left of a response without its pictures. */
export class ByteBuffer {
  readonly #maxBytes: number;
  #bytes: Buffer;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, maxBytes));
  }

  get length(): number {
    return this.#length;
  }

  /** Throws `Failure('bad_answer')` where it would hold more than its bound; it then holds all that fits. */
  push(byte: number): void {
    if (this.#length === this.#bytes.length) this.#reserve(1);
    this.#bytes[this.#length++] = byte;
  }

  /** The same for the bytes of a chunk from one index up to another. */
  append(chunk: Uint8Array, from: number, to: number): void {
    const fitting = Math.min(to - from, this.#maxBytes - this.#length);
    if (this.#length + fitting > this.#bytes.length) this.#reserve(fitting);
    this.#bytes.set(chunk.subarray(from, from + fitting), this.#length);
    this.#length += fitting;
    if (fitting < to - from) this.#reserve(1);
  }

  appendAscii(text: string): void {
    this.append(Buffer.from(text, 'latin1'), 0, text.length);
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Decoded as a whole, so that a character split between two chunks is not harmed. */
  text(from = 0): string {
    return this.#bytes.toString('utf8', from, this.#length);
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted > this.#maxBytes) {
      throw overLimit(`a document is larger than ${this.#maxBytes} bytes`);
    }
    const wider = Buffer.allocUnsafeSlow(
      Math.min(Math.max(wanted, this.#bytes.length * 2), this.#maxBytes),
    );
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }
}
