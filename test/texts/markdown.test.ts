import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeWords, shorten } from '../../src/texts/markdown.ts';

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
    ['no [a](http://b) [c](http://evil.example)', 'no \\[a](http://b) \\[c](http://evil.example)'],
    ['\\[a](http://evil.example)', '\\\\\\[a](http://evil.example)'],
    ['[a](<http://evil.example>)', '\\[a](<http://evil.example>)'],
    ['-# small', '\\-# small'],
    ['>>> quote', '\\>>> quote'],
    ['1. item', '1\\. item'],
    ['```js\ncode```', '\\`\\`\\`js code\\`\\`\\`'],
    ['<:x: __under__', '\\<:x: \\_\\_under\\_\\_'],
    ['https://a.example/x_y_z and _it_', 'https://a.example/x_y_z and \\_it\\_'],
    ['<https://a.example/x>', '<https://a.example/x>'],
  ])('show %j as it was written', (given, shown) => {
    expect(escapeWords(given, 200)).toBe(shown);
  });

  it('become one line, so that no line of theirs can start anything', () => {
    expect(escapeWords('a\n# b\r\n\t> c', 100)).toBe('a # b > c');
  });

  it('lose what would turn the text around them or hide it', () => {
    expect(escapeWords('a \u202Egnp.exe\u202C \u2066b\u2069', 100)).toBe('a gnp.exe b');
    expect(escapeWords(`a${'\u200B'.repeat(500)}b`, 100)).toBe('ab');
    expect(escapeWords(`a${'\u0301'.repeat(500)}b`, 100)).toBe(`a${'\u0301'.repeat(6)}b`);
    expect(escapeWords('a\u0000\u001Bb\uD83D', 100)).toBe('ab\uFFFD');
  });

  it.each(['👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', 'می‌خواهم', 'e\u0301'])('keep %s as it is', (word) => {
    expect(escapeWords(word, 100)).toBe(word);
  });

  it('hold no bracket that could begin a link', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'[]()\\a <:/*_`h') }), (text) => {
        const shown = escapeWords(text, 1_000);
        // Outside of pairs of a backslash and what it escapes there is none.
        expect(shown.replace(/\\./g, '')).not.toMatch(/[[`]/);
      }),
    );
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
