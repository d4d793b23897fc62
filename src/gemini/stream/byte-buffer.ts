import { Failure } from '../../domain.ts';

/** A growing run of bytes that becomes text once; what is left of a document without its pictures. */
export interface Tape {
  readonly length: number;
  push(byte: number): void;
  append(ascii: string): void;
  /** Forgets everything from `length` on. */
  truncate(length: number): void;
  text(): string;
}

const FIRST_BYTES = 4_096;

/** Throws `Failure('bad_answer')` when it would hold more than `maxBytes`. */
export function createTape(maxBytes: number): Tape {
  let buffer = Buffer.allocUnsafeSlow(Math.min(FIRST_BYTES, maxBytes));
  let length = 0;

  function push(byte: number): void {
    if (length === buffer.length) grow();
    buffer[length++] = byte;
  }

  function grow(): void {
    if (buffer.length >= maxBytes) {
      throw new Failure('bad_answer', `a document is larger than ${maxBytes} bytes`, {
        details: { problem: 'too_large' },
      });
    }
    const wider = Buffer.allocUnsafeSlow(Math.min(buffer.length * 2, maxBytes));
    buffer.copy(wider, 0, 0, length);
    buffer = wider;
  }

  return {
    get length() {
      return length;
    },
    push,
    append(ascii) {
      for (let index = 0; index < ascii.length; index++) push(ascii.charCodeAt(index));
    },
    truncate(wanted) {
      length = Math.min(length, wanted);
    },
    // Decoded as a whole, so that a character split between two chunks is not harmed.
    text: () => buffer.toString('utf8', 0, length),
  };
}
