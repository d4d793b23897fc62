import { describe, expect, it } from 'vitest';
import { Base64Decoder, bytesOf, NO_REMAINDER } from '../../../src/gemini/stream/base64.ts';
import { noise } from '../support/pictures.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_';
const CODES = Array.from({ length: 256 }, (_, code) => code);
const isBase64 = (code: number) => ALPHABET.includes(String.fromCharCode(code));

/** Longer than what is decoded at once, and than what is taken one by one behind a stranger. */
const LONG = 100_001;

/** Decodes chunk after chunk; stops at what is not base64, and says where. */
function decode(chunks: Buffer[], { blockBytes = 1_000 } = {}) {
  const block = Buffer.alloc(blockBytes);
  const decoder = new Base64Decoder(block);
  const blocks: Buffer[] = [];
  let stoppedAt = 0;
  const drain = () => {
    blocks.push(Buffer.from(block.subarray(0, decoder.filled)));
    decoder.drain();
  };
  for (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      at = decoder.take(chunk, at, chunk.length);
      if (!decoder.isFull) break;
      drain();
    }
    stoppedAt += at;
    if (at < chunk.length) break;
  }
  const whole = decoder.remainder.count !== 1;
  decoder.finish();
  drain();
  return { bytes: Buffer.concat(blocks), stoppedAt, whole };
}

describe('base64', () => {
  it('is decoded exactly, of every length and at every alignment', () => {
    for (let length = 0; length < 100; length++) {
      const expected = noise(length, length);
      for (const text of [expected.toString('base64'), expected.toString('base64url')]) {
        for (let offset = 0; offset < 17; offset++) {
          const chunk = Buffer.from(`${' '.repeat(offset)}${text}`).subarray(offset);
          const { bytes, stoppedAt, whole } = decode([chunk]);
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
        const { bytes, stoppedAt } = decode([chunk]);
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
      const { bytes, whole } = decode(chunks, { blockBytes });
      expect([at, bytes.equals(expected), whole]).toEqual([at, true, true]);
    }
  });

  it('may mix both alphabets', () => {
    const text = ALPHABET.repeat(50);
    expect(decode([Buffer.from(text)]).bytes.equals(Buffer.from(text, 'base64'))).toBe(true);
  });

  it('is decoded exactly in chunks larger than one piece', () => {
    const expected = noise(LONG, 3);
    const chunk = Buffer.from(expected.toString('base64'));
    for (const blockBytes of [70_001, 262_144]) {
      expect(decode([chunk], { blockBytes }).bytes.equals(expected)).toBe(true);
    }
  });

  it.each([
    ['often', 'A'],
    ['now and then', 'AB'],
  ])('goes on behind characters that are none: %s', (_, marked) => {
    const expected = noise(60_000, 9);
    const chunk = Buffer.from(expected.toString('base64').replaceAll(marked, `\\${marked}`));
    const block = Buffer.alloc(expected.length);
    const decoder = new Base64Decoder(block);
    let stops = 0;
    for (let at = 0; at < chunk.length; at++) {
      at = decoder.take(chunk, at, chunk.length);
      if (at === chunk.length) break;
      expect(chunk[at]).toBe(0x5c);
      stops += 1;
    }
    expect(stops).toBeGreaterThan(5);
    expect(decoder.remainder.count).not.toBe(1);
    decoder.finish();
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
    expect(decode([Buffer.from(text)])).toMatchObject({ stoppedAt, whole });
  });

  it('stops in a long text at a character that is none, wherever it stands', () => {
    const text = noise(30_000, 5).toString('base64');
    for (const code of [0x20, 0x0a, 0x22, 0x3d, 0x5c, 0x80, 0xff]) {
      for (const place of [0, 1, 2, 3, 4_095, 16_383, 16_384, 16_386, 39_999]) {
        const chunk = Buffer.from(text);
        chunk[place] = code;
        const { bytes, stoppedAt } = decode([chunk], { blockBytes: 50_000 });
        const isPadding = code === 0x3d && place % 4 >= 2;
        expect([code, place, stoppedAt]).toEqual([code, place, isPadding ? place + 1 : place]);
        expect(bytes.equals(Buffer.from(text.slice(0, place), 'base64'))).toBe(true);
      }
    }
  });

  it('goes on from what was left between two groups, in another block', () => {
    const expected = noise(100, 6);
    const text = expected.toString('base64').replace(/=+$/, '');
    for (let at = 0; at <= text.length; at++) {
      const first = Buffer.alloc(200);
      const decoder = new Base64Decoder(first);
      decoder.take(Buffer.from(text), 0, at);
      const bytes = Buffer.from(first.subarray(0, decoder.filled));
      const { remainder } = decoder;
      expect(bytes.length + bytesOf(remainder).length).toBe(Math.floor((at * 3) / 4));
      decoder.reset(remainder);
      decoder.take(Buffer.from(text), at, text.length);
      decoder.finish();
      const all = Buffer.concat([bytes, first.subarray(0, decoder.filled)]);
      expect(all.equals(expected)).toBe(true);
      expect(decoder.remainder).toEqual(NO_REMAINDER);
    }
  });
});
