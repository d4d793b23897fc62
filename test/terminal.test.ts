import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../src/terminal.ts';

/** Nothing that a terminal acts upon; written apart from what it tests. */
const HOSTILE = /(?!\n)\p{Cc}|[\u061C\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/u;

describe('what an operator reads', () => {
  it.each([
    ['\u001B[2J\u001B]0;owned\u0007', '\\u001b[2J\\u001b]0;owned\\u0007'],
    ['\u009B31m', '\\u009b31m'],
    ['a\rb\bc', 'a\\u000db\\u0008c'],
    ['\u202Egpj.exe', '\\u202egpj.exe'],
    ['\u{E0041}', '\\udb40\\udc41'],
    ['\uD800', '\\ud800'],
    ['👩‍🚀 نمی‌خواهم', '👩‍🚀 نمی‌خواهم'],
    ['one\ntwo', 'one\\u000atwo'],
  ])('shows %j and does not obey it', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('keeps lines where a text may have several', () => {
    expect(visible('one\n\ttwo\r', { lines: true })).toBe('one\n\ttwo\\u000d');
  });

  it('is the same JSON as before, without anything to obey', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, text) => {
        const json = JSON.stringify({ [name]: text });
        expect(JSON.parse(visible(json))).toEqual(JSON.parse(json));
        expect(visible(json)).not.toMatch(HOSTILE);
      }),
    );
  });
});
