import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What is used of it; neither Node's types nor TypeScript's have it without those of browsers. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
  CompileError: new () => Error;
};

/** What base64.wat exports. */
interface Exports {
  memory: { buffer: ArrayBuffer };
  decode(length: number): number;
}

/** Decodes base64 from bytes to bytes, 16 characters at once (base64.wat). */
export interface SimdBase64 {
  /**
   * Takes groups of 16 characters from `from` up to `to`, or to a group that holds anything but
   * base64 of either alphabet, and writes 12 bytes for each to `block` from `at`, which must have
   * the room. Returns how many characters it took; never more than `SIMD_PIECE`.
   */
  decode(chunk: Buffer, from: number, to: number, block: Buffer, at: number): number;
}

/** Characters of one group, and the bytes that they become. */
export const SIMD_GROUP = { characters: 16, bytes: 12 } as const;

/** Characters of one call: they, and what they become, stay in the processor's nearest cache. */
export const SIMD_PIECE = 16_384;

/** Where base64.wat puts the bytes. */
const OUTPUT = 32_768;

/**
 * Null where WebAssembly has no SIMD (an x86 without SSE4.1), or there is no address space for
 * its memory. One for a process is enough: its memory means nothing between two calls.
 */
export function createSimdBase64(): SimdBase64 | null {
  let exports: Exports;
  try {
    const module = new WebAssembly.Module(readFileSync(join(import.meta.dirname, 'base64.wasm')));
    exports = new WebAssembly.Instance(module).exports as Exports;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof RangeError) return null;
    throw error;
  }
  const scratch = Buffer.from(exports.memory.buffer);
  return {
    decode(chunk, from, to, block, at) {
      const length = chunk.copy(scratch, 0, from, Math.min(to, from + SIMD_PIECE));
      const taken = exports.decode(length);
      const bytes = (taken / SIMD_GROUP.characters) * SIMD_GROUP.bytes;
      scratch.copy(block, at, OUTPUT, OUTPUT + bytes);
      return taken;
    },
  };
}
