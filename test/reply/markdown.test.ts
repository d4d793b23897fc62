import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeWords, shorten } from '../../src/reply/markdown.ts';

describe('words of people and models', () => {
  it.each([
    [
      '**bold** _it_ `code` ~~no~~ ||spoiler||',
      '\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~ \\|\\|spoiler\\|\\|',
    ],
    ['# heading', '\\# heading'],
    ['- item', '\\- item'],
    ['> quote', '\\> quote'],
    ['[link](https://example.com)', '\\[link](https://example.com)'],
    ['<@123> and <t:1:R>', '\\<@123> and \\<t:1:R>'],
  ])('show %j as it was written', (given, shown) => {
    expect(escapeWords(given, 200)).toBe(shown);
  });

  it('become one line, so that no line of theirs can start anything', () => {
    expect(escapeWords('a\n# b\r\n\t> c', 100)).toBe('a # b > c');
  });

  it('never end in half a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, max) => {
        const short = shorten(text, max);
        expect(short.length).toBeLessThanOrEqual(max);
        expect(short.isWellFormed()).toBe(true);
      }),
    );
  });
});
