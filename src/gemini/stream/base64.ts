const PAD = 0x3d;
const NOT_BASE64 = -1;

/** Six-bit values by character code: the plain alphabet and the one for URLs, even mixed. */
const VALUES = Int8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code).replace('-', '+').replace('_', '/');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.indexOf(character);
});

/** Whether a character is of either alphabet; padding is not. */
export function isBase64Code(code: number): boolean {
  return (VALUES[code] ?? NOT_BASE64) !== NOT_BASE64;
}

/** What is left between two groups of four characters: up to three six-bit values. */
export interface Base64Remainder {
  bits: number;
  count: number;
  padding: number;
}

export const NO_REMAINDER: Readonly<Base64Remainder> = { bits: 0, count: 0, padding: 0 };

/** The bytes of the last, incomplete group, were the characters to end behind it. */
export function bytesOf({ bits, count }: Base64Remainder): number[] {
  if (count === 2) return [(bits >> 4) & 0xff];
  if (count === 3) return [(bits >> 10) & 0xff, (bits >> 2) & 0xff];
  return [];
}

/**
 * Characters that become a string at once. Node decodes base64 from strings alone; so small a one
 * dies young, and V8 never has to look for it.
 */
const PIECE_LENGTH = 16_384;

/** Behind a character that was no base64, so many are taken one by one: no piece is tried in vain. */
const CAREFUL_LENGTH = 4_096;

/** Decodes base64 as it passes, straight into one block that is used again and again. */
export class Base64Decoder {
  /** At least 3 bytes; its content belongs to the decoder until `drain`. */
  readonly #block: Buffer;
  #filled = 0;
  #remainder: Base64Remainder = { ...NO_REMAINDER };
  /** Characters to take one by one before a piece is tried again. Set behind one that is no base64. */
  #careful = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  /** Decoded bytes that wait in the block. */
  get filled(): number {
    return this.#filled;
  }

  /** No room for another group: the block must be drained before going on. */
  get isFull(): boolean {
    return this.#filled + 3 > this.#block.length;
  }

  /** What does not make a group yet. */
  get remainder(): Readonly<Base64Remainder> {
    return this.#remainder;
  }

  /**
   * Takes characters from `from` up to `to`. Returns the index of the first one that it did not
   * take: `to`, or one where the block is full, or one that is not base64 (or comes after padding).
   */
  take(chunk: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && !this.isFull) {
      const taken = this.#takePiece(chunk, at, to);
      at += taken;
      if (taken > 0) continue;
      if (!this.takeCode(chunk[at] ?? 0)) return at;
      at += 1;
      this.#careful -= 1;
    }
    return at;
  }

  /** The same for one character, for those that came as an escape. False when not taken. */
  takeCode(code: number): boolean {
    const group = this.#remainder;
    if (code === PAD) {
      if (group.count < 2 || group.count + group.padding >= 4) return false;
      group.padding += 1;
      return true;
    }
    const value = VALUES[code] ?? NOT_BASE64;
    if (value === NOT_BASE64 || group.padding > 0) return false;
    group.bits = (group.bits << 6) | value;
    group.count += 1;
    if (group.count === 4) {
      this.#block[this.#filled] = group.bits >> 16;
      this.#block[this.#filled + 1] = group.bits >> 8;
      this.#block[this.#filled + 2] = group.bits;
      this.#filled += 3;
      group.bits = 0;
      group.count = 0;
    }
    return true;
  }

  /** Puts the bytes of the last, incomplete group into the block. */
  finish(): void {
    for (const byte of bytesOf(this.#remainder)) this.#block[this.#filled++] = byte;
    this.#remainder = { ...NO_REMAINDER };
  }

  /** The block was written somewhere and may be filled again. */
  drain(): void {
    this.#filled = 0;
  }

  /** Ready for another text, or for one to go on behind its remainder. */
  reset(remainder: Readonly<Base64Remainder> = NO_REMAINDER): void {
    this.#filled = 0;
    this.#remainder = { ...remainder };
    this.#careful = 0;
  }

  /** Whole groups at once; none where any of the piece is not base64. */
  #takePiece(chunk: Buffer, from: number, to: number): number {
    const { count, padding } = this.#remainder;
    if (count > 0 || padding > 0 || this.#careful > 0) return 0;
    const groups = Math.floor(
      Math.min((to - from) / 4, (this.#block.length - this.#filled) / 3, PIECE_LENGTH / 4),
    );
    if (groups === 0) return 0;
    const text = chunk.toString('latin1', from, from + groups * 4);
    // It passes over what is no base64, and so makes fewer bytes of it.
    const bytes = this.#block.write(text, this.#filled, groups * 3, 'base64');
    if (bytes < groups * 3) {
      this.#careful = CAREFUL_LENGTH;
      return 0;
    }
    this.#filled += bytes;
    return groups * 4;
  }
}
