import { createSimdBase64, SIMD_GROUP, SIMD_PIECE } from './base64-simd.ts';

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
  /** Padding was taken: nothing can follow. */
  readonly padded: boolean;
  /** The bytes of the last, incomplete group, were the characters to end here. */
  rest(): number[];
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

/** Whether a character is of either alphabet; padding is not. */
export function isBase64Code(code: number): boolean {
  return (VALUES[code] ?? NOT_BASE64) !== NOT_BASE64;
}

/** Nothing of a stream stays in it between two calls, so all streams share it. */
const SIMD = createSimdBase64();

/**
 * Behind a character that was no base64, so many are taken without SIMD at the least: a text full
 * of escapes would be copied over and over, for a few characters each time.
 */
const CAREFUL_LENGTH = 4_096;

/**
 * @param block at least 3 bytes; its content belongs to the decoder until `drained`.
 * @param simd null does without, at about a fifth of the speed.
 */
export function createBase64Decoder(block: Buffer, simd = SIMD): Base64Decoder {
  let filled = 0;
  /** Up to three six-bit values that do not make a group yet. */
  let bits = 0;
  let pending = 0;
  let padding = 0;
  /** Characters to take without SIMD before it is tried again. */
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

  /** Groups of 16 characters, up to one that is not all base64. */
  function takeGroups(chunk: Buffer, from: number, to: number): number {
    const room = Math.floor((block.length - filled) / SIMD_GROUP.bytes) * SIMD_GROUP.characters;
    const wanted = Math.min(to - from, room, SIMD_PIECE);
    if (simd === null || careful > 0 || wanted < SIMD_GROUP.characters) return 0;
    const taken = simd.decode(chunk, from, from + wanted, block, filled);
    filled += (taken / SIMD_GROUP.characters) * SIMD_GROUP.bytes;
    if (wanted - taken >= SIMD_GROUP.characters) careful = CAREFUL_LENGTH;
    return taken;
  }

  /** Groups of 4 characters, up to one that is not all base64. */
  function takeQuads(chunk: Buffer, from: number, to: number): number {
    const room = Math.floor((block.length - filled) / 3) * 4;
    const end = from + Math.min(to - from, room) - 3;
    let at = from;
    for (; at < end; at += 4) {
      const first = valueAt(chunk, at);
      const second = valueAt(chunk, at + 1);
      const third = valueAt(chunk, at + 2);
      const fourth = valueAt(chunk, at + 3);
      if ((first | second | third | fourth) < 0) break;
      block[filled] = (first << 2) | (second >> 4);
      block[filled + 1] = (second << 4) | (third >> 2);
      block[filled + 2] = (third << 6) | fourth;
      filled += 3;
    }
    careful -= at - from;
    return at - from;
  }

  function rest(): number[] {
    if (pending === 2) return [(bits >> 4) & 0xff];
    if (pending === 3) return [(bits >> 10) & 0xff, (bits >> 2) & 0xff];
    return [];
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
        if (pending === 0 && padding === 0) {
          const taken = takeGroups(chunk, at, to) || takeQuads(chunk, at, to);
          at += taken;
          if (taken > 0) continue;
        }
        if (!takeCode(chunk[at] ?? 0)) return at;
        at += 1;
      }
      return at;
    },
    get padded() {
      return padding > 0;
    },
    rest,
    finish() {
      // Missing padding is common and harmless; a single left-over character is a loss.
      const fits = pending !== 1;
      for (const byte of rest()) block[filled++] = byte;
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

/** Negative where the character is not base64. */
function valueAt(chunk: Buffer, at: number): number {
  return VALUES[chunk[at] ?? 0] ?? NOT_BASE64;
}
