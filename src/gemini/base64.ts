/** Decodes base64 as it passes, straight into one block that is used again and again. */
export interface Base64Decoder {
  /** Decoded bytes that wait in the block. */
  readonly filled: number;
  /** No room for another group: `filled` bytes must be taken by `drained` before going on. */
  readonly full: boolean;
  /**
   * Takes characters from `from` up to `to`. Returns the index of the first one that it did not
   * take: `to`, or one where the block is full, or one that is not base64 (or comes after padding).
   */
  take(chunk: Buffer, from: number, to: number): number;
  /** The same for one character, for those that came as an escape. False when not taken. */
  takeCode(code: number): boolean;
  /** The last, incomplete group. False when the characters cannot end here. */
  finish(): boolean;
  /** The block was written somewhere and may be filled again. */
  drained(): void;
  /** Ready for another text. */
  reset(): void;
}

const PAD = 0x3d;
const NOT_BASE64 = -1;

/** Six-bit values by character code: the plain alphabet and the one for URLs, even mixed. */
const VALUES = Int8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code).replace('-', '+').replace('_', '/');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  return alphabet.indexOf(character);
});

/**
 * After the native decoder met a character that is not base64, this many characters go one by
 * one before it is tried again: so that a text full of escapes is not copied over and over.
 */
const CAREFUL_LENGTH = 65_536;

/** Groups of one native call: the text in between then stays in the processor's cache. */
const PIECE_GROUPS = 2_048;

/** @param block at least 3 bytes; its content belongs to the decoder until `drained`. */
export function createBase64Decoder(block: Buffer): Base64Decoder {
  let filled = 0;
  /** Up to three six-bit values that do not make a group yet. */
  let bits = 0;
  let pending = 0;
  let padding = 0;
  let careful = 0;

  function takeCode(code: number): boolean {
    if (code === PAD) {
      if (pending < 2 || pending + padding >= 4) return false;
      padding += 1;
      return true;
    }
    const value = VALUES[code] ?? NOT_BASE64;
    if (value === NOT_BASE64 || padding > 0) return false;
    bits = (bits << 6) | value;
    pending += 1;
    if (pending === 4) {
      block[filled] = bits >> 16;
      block[filled + 1] = bits >> 8;
      block[filled + 2] = bits;
      filled += 3;
      bits = 0;
      pending = 0;
    }
    return true;
  }

  const isFull = () => filled + 3 > block.length;

  return {
    get filled() {
      return filled;
    },
    get full() {
      return isFull();
    },
    takeCode,
    take(chunk, from, to) {
      let at = from;
      while (at < to && !isFull()) {
        const room = Math.floor((block.length - filled) / 3);
        const groups = Math.min((to - at) >> 2, room, PIECE_GROUPS);
        if (pending === 0 && padding === 0 && careful <= 0 && groups > 0) {
          const text = chunk.toString('latin1', at, at + groups * 4);
          // Node skips what is not base64, so only a full count proves that all of it was.
          if (block.write(text, filled, groups * 3, 'base64') === groups * 3) {
            filled += groups * 3;
            at += groups * 4;
            continue;
          }
          careful = CAREFUL_LENGTH;
        }
        if (!takeCode(chunk[at] ?? 0)) return at;
        at += 1;
        careful -= 1;
      }
      return at;
    },
    finish() {
      // Missing padding is common and harmless; a single left-over character is a loss.
      const fits = pending !== 1;
      if (pending === 2) block[filled++] = bits >> 4;
      if (pending === 3) {
        block[filled++] = bits >> 10;
        block[filled++] = bits >> 2;
      }
      bits = 0;
      pending = 0;
      return fits;
    },
    drained() {
      filled = 0;
    },
    reset() {
      filled = 0;
      bits = 0;
      pending = 0;
      padding = 0;
      careful = 0;
    },
  };
}
