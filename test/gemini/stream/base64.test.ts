import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createBase64Decoder } from '../../../src/gemini/stream/base64.ts';
import { createSimdBase64, SIMD_PIECE } from '../../../src/gemini/stream/base64-simd.ts';
import { noise } from '../support/pictures.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
const CODES = Array.from({ length: 256 }, (_, code) => code);
const isBase64 = (code: number) => ALPHABET.includes(String.fromCharCode(code));

const simd = createSimdBase64();

type Simd = typeof simd;

/** Decodes chunk after chunk; stops at what is not base64, and says where. */
function decode(chunks: Buffer[], { blockBytes = 1_000, use = simd as Simd } = {}) {
  const block = Buffer.alloc(blockBytes);
  const decoder = createBase64Decoder(block, use);
  const blocks: Buffer[] = [];
  let stoppedAt = 0;
  const drain = () => {
    blocks.push(Buffer.from(block.subarray(0, decoder.filled)));
    decoder.drained();
  };
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      at = decoder.take(chunk, at, chunk.length);
      if (!decoder.full) break;
      drain();
    }
    stoppedAt += at;
    if (at < chunk.length) break;
  }
  const whole = decoder.finish();
  drain();
  return { bytes: Buffer.concat(blocks), stoppedAt, whole };
}

describe.each([
  { way: 'with SIMD', use: simd },
  { way: 'without SIMD', use: null },
])('base64 $way', ({ use }) => {
  it('is decoded exactly, of every length and at every alignment', () => {
    for (let length = 0; length < 100; length++) {
      const expected = noise(length, length);
      for (const text of [expected.toString('base64'), expected.toString('base64url')]) {
        for (let offset = 0; offset < 17; offset++) {
          const chunk = Buffer.from(`${' '.repeat(offset)}${text}`).subarray(offset);
          const { bytes, stoppedAt, whole } = decode([chunk], { use });
          expect([bytes.equals(expected), stoppedAt, whole]).toEqual([true, text.length, true]);
        }
      }
    }
  });

  it('takes each byte value that is base64, and stops at every other, at each of 16 places', () => {
    for (const code of CODES) {
      for (let place = 0; place < 16; place++) {
        const chunk = Buffer.from('+x_Y'.repeat(16));
        chunk[16 + place] = code;
        const { bytes, stoppedAt } = decode([chunk], { use });
        const end = isBase64(code) ? chunk.length : 16 + place;
        // A "=" in a place where it may stand is taken, and what follows it is not.
        const taken = code === 0x3d && place % 4 >= 2 ? end + 1 : end;
        const expected = Buffer.from(chunk.toString('latin1', 0, end), 'base64');
        expect([code, place, stoppedAt, bytes.equals(expected)]).toEqual([
          code,
          place,
          taken,
          true,
        ]);
      }
    }
  });

  it('may be split in two at every byte, also into blocks of odd sizes', () => {
    const expected = noise(200, 7);
    const text = Buffer.from(expected.toString('base64'));
    for (let at = 0; at <= text.length; at++) {
      const chunks = [text.subarray(0, at), text.subarray(at)];
      const blockBytes = 3 + (at % 61);
      const { bytes, whole } = decode(chunks, { use, blockBytes });
      expect([at, bytes.equals(expected), whole]).toEqual([at, true, true]);
    }
  });

  it('may mix both alphabets', () => {
    const text = ALPHABET.repeat(50);
    expect(decode([Buffer.from(text)], { use }).bytes.equals(Buffer.from(text, 'base64'))).toBe(
      true,
    );
  });

  it('is decoded exactly in chunks larger than one call takes', () => {
    const expected = noise(5 * SIMD_PIECE + 1, 3);
    const chunk = Buffer.from(expected.toString('base64'));
    for (const blockBytes of [70_001, 262_144]) {
      expect(decode([chunk], { use, blockBytes }).bytes.equals(expected)).toBe(true);
    }
  });

  it.each([
    ['often', 'A'],
    ['now and then', 'AB'],
  ])('goes on behind characters that are none: %s', (_, marked) => {
    const expected = noise(60_000, 9);
    const chunk = Buffer.from(expected.toString('base64').replaceAll(marked, `\\${marked}`));
    const block = Buffer.alloc(expected.length);
    const decoder = createBase64Decoder(block, use);
    let stops = 0;
    for (let at = 0; at < chunk.length; at++) {
      at = decoder.take(chunk, at, chunk.length);
      if (at === chunk.length) break;
      expect(chunk[at]).toBe(0x5c);
      stops += 1;
    }
    expect(stops).toBeGreaterThan(5);
    expect(decoder.finish()).toBe(true);
    expect(block.equals(expected)).toBe(true);
  });

  it.each([
    ['AAAA=', 4, true],
    ['AA==', 4, true],
    ['AA===', 4, true],
    ['AAA=A', 4, true],
    ['A===', 1, false],
    ['AAAAA', 5, false],
  ])('knows how a text can end: %s', (text, stoppedAt, whole) => {
    expect(decode([Buffer.from(text)], { use })).toMatchObject({ stoppedAt, whole });
  });
});

describe('the SIMD of base64', () => {
  it('takes whole groups, and none that holds anything else', () => {
    for (const code of CODES) {
      for (let place = 0; place < 48; place++) {
        const chunk = Buffer.alloc(50, 'z');
        chunk[place] = code;
        const block = Buffer.alloc(40, 0xee);
        const taken = simd?.decode(chunk, 0, chunk.length, block, 1);
        const groups = isBase64(code) ? 3 : Math.floor(place / 16);
        expect([code, place, taken]).toEqual([code, place, groups * 16]);
        const expected = Buffer.alloc(40, 0xee);
        expected.write(chunk.toString('latin1', 0, groups * 16), 1, 'base64');
        expect(block.equals(expected)).toBe(true);
      }
    }
  });

  it('never takes more than fits its memory', () => {
    const chunk = Buffer.alloc(SIMD_PIECE + 64, 'A');
    const block = Buffer.alloc(SIMD_PIECE);
    expect(simd?.decode(chunk, 0, chunk.length, block, 0)).toBe(SIMD_PIECE);
  });

  it.skipIf(process.arch !== 'x64')('is null on a processor that has none', async () => {
    const file = join(import.meta.dirname, '../../../src/gemini/stream/base64-simd.ts');
    const script = `import(${JSON.stringify(file)}).then((m) => console.log(m.createSimdBase64()))`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--no-enable-sse4-1',
      '-e',
      script,
    ]);
    expect(stdout.trim()).toBe('null');
  });
});
