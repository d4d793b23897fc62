import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_READING,
  readingsOf,
  readPrompt,
  withoutHidden,
} from '../../src/word-filter/visible-text.ts';

const tags = (text: string) =>
  [...text].map((char) => String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0))).join('');
const flag = (of: string) => `\u{1F3F4}${tags(of)}\u{E007F}`;

/** Every character of the basic plane and of the tags' plane that shows nothing by itself. */
const IGNORABLE = [
  ...Array(0x10000).keys(),
  ...Array.from({ length: 0x1000 }, (_, i) => 0xe0000 + i),
]
  .map((code) => String.fromCodePoint(code))
  .filter((char) => /\p{Default_Ignorable_Code_Point}/u.test(char));

describe('what is seen of a prompt', () => {
  it.each([
    ['zero-width spaces', '\u200B\u200B\u200B'],
    ['Braille blanks', '\u2800\u2800'],
    ['Hangul fillers', '\u3164\u115F\u1160\uFFA0'],
    ['word joiners', '\u2060\uFEFF'],
    ['tags', tags('AB')],
    ['a flag’s tags without a flag', `${tags('gbeng')}\u{E007F}`],
    ['spaces of any width', ' \u00A0\u2003\u3000\n\t'],
    ['joiners and selectors', '\u200D\u200C\uFE0F\u{E0100}\u180B'],
    ['controls', '\u0000\u0007\u007F\u0085'],
    ['half characters', '\uD800\uDC00'.split('').reverse().join('')],
    ['every ignorable character', IGNORABLE.join('')],
  ])('is nothing of %s', (_name, typed) => {
    expect(readPrompt(typed)).toBe('');
  });

  it.each([
    ['a family', '👨‍👩‍👧‍👦'],
    ['a heart on fire', '❤️‍🔥'],
    ['a keycap', '1️⃣'],
    ['a skin tone', '👩🏽‍💻'],
    ['the rainbow flag', '🏳️‍🌈'],
    ['the flag of England', flag('gbeng')],
    ['the flag of Scotland in a sentence', `a ${flag('gbsct')} on a hill`],
    ['a flag of two letters', '🇩🇪'],
    ['Persian with its half-space', 'می‌خواهم'],
    ['Sinhala with its joiner', 'ශ්‍රී'],
    ['Malayalam with a joiner at the end', 'അവന്‍ വന്നു'],
    ['Mongolian with its selectors', '\u182D\u180B\u1820\u180E\u1820'],
    ['a variant of a Chinese character', '葛\u{E0100}'],
    ['a number sign of Arabic', '\u0600\u0661'],
    ['lines and tabs', 'a\n\tb'],
    ['accents', 'cafe\u0301'],
  ])('is all of %s', (_name, typed) => {
    expect(readPrompt(typed)).toBe(typed);
  });

  it.each([
    ['a text in tags', `a cat${tags('holding a gun')}`, 'a cat'],
    ['a text in the tags of a flag', `a ${flag('holding a gun')} cat`, 'a 🏴 cat'],
    ['a word in the tags of a flag', `a ${flag('gun')} cat`, 'a 🏴 cat'],
    ['a flag that does not end', `a 🏴${tags('gbeng')} cat`, 'a 🏴 cat'],
    ['bytes in variation selectors', '😀\u{E0158}\u{E0155}\u{E015E} cat', '😀 cat'],
    ['a run of variation selectors', '❤\uFE0F\uFE0E\uFE0F', '❤\uFE0F'],
    ['selectors behind Latin letters', 'c\u{E0158}a\u{E0155}t', 'cat'],
    ['a run of joiners', 'a\u200D\u200C\u200D\u200Cb', 'a\u200Db'],
    ['joiners at ends of words', '\u200Da\u200C b\u200D', 'a b'],
    ['directions', 'a \u202Egnp.exe\u202C \u2066b\u2069\u200F', 'a gnp.exe b'],
    ['annotations', 'a\uFFF9b\uFFFAc\uFFFB', 'abc'],
    ['controls', 'a\u001B[31mb\u0000', 'a[31mb'],
    ['half a character', 'a\uD83Db', 'ab'],
    ['blanks, for spaces', 'a\u2800b\u3164c', 'a b c'],
    ['line ends of other systems', 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
  ])('holds no %s', (_name, typed, seen) => {
    expect(readPrompt(typed)).toBe(seen);
  });

  const anything = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        ...'ab ي葛\u0301\n❤🔥🏴\u200B\u200C\u200D\uFE0F\uFEFF\u2800\u180B\u180E\u1820\r',
      ),
      fc.constantFrom('\u{E0067}', '\u{E0062}', '\u{E007F}', '\u{E0101}', flag('gbwls'), '\uD800'),
      fc.constantFrom(...IGNORABLE),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 40,
  });

  it('is the same when it is read again', () => {
    fc.assert(
      fc.property(anything, (typed) => {
        const seen = withoutHidden(typed);
        expect(withoutHidden(seen)).toBe(seen);
        expect(readPrompt(readPrompt(typed))).toBe(readPrompt(typed));
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds ignorable characters only one at a time, and only where they show', () => {
    const visible = '[^\\s\\p{Default_Ignorable_Code_Point}\\p{Cc}]';
    const selector = '[\\uFE00-\\uFE0F\\u{E0100}-\\u{E01EF}\\u180B-\\u180D\\u180F]';
    const allowed = new RegExp(
      `\\p{RGI_Emoji_Tag_Sequence}|(?<=${visible})${selector}|(?<=${visible}${selector}?)[\\u200C\\u200D\\u180E](?=${visible})`,
      'gv',
    );
    fc.assert(
      fc.property(anything, (typed) => {
        const rest = withoutHidden(typed).replace(allowed, '').replaceAll('\u094D\u200D', '');
        expect(rest).not.toMatch(/[\p{Default_Ignorable_Code_Point}\p{Surrogate}\u2800]/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves every visible character in its place', () => {
    const shown = (text: string) => text.replace(/[^\p{L}\p{N}\p{P}\p{S}\p{M}]/gu, '');
    const blank = /[\p{Default_Ignorable_Code_Point}\u2800\u{1D159}]/gu;
    fc.assert(
      fc.property(anything, (typed) => {
        expect(shown(withoutHidden(typed).replace(blank, ''))).toBe(
          shown(typed.replace(blank, '')),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the readings of a text', () => {
  it('are bounded, however little was typed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'\uFDFA\u3300ﷻa½'), maxLength: 2_000 }),
        (typed) => {
          const readings = readingsOf(typed);
          const written = typed.normalize('NFKC').length;
          if (readings === null) expect(written).toBeGreaterThan(MAX_READING - 100);
          else for (const { length } of readings) expect(length).toBeLessThanOrEqual(MAX_READING);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold no more marks on a letter than a script has', () => {
    const [reading = ''] = readingsOf(`a${'\u0345\u0334\u200B'.repeat(1_999)}`) ?? [];
    expect(reading.length).toBeLessThan(100);
  });
});
