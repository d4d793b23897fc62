import { describe, expect, it } from 'vitest';
import { createBlockedWords, describeBadEntry } from '../../src/generation/blocked-words.ts';

const blockedWords = createBlockedWords();
const holdsBlockedWord = blockedWords.areIn;

describe('the list of blocked words', () => {
  it.each([
    ['a cat', ['cat'], true],
    ['a Cat!', ['cat'], true],
    ['concatenate', ['cat'], false],
    ['a cat_', ['cat'], true],
    ['Größe', ['röß'], false],
    ['die Größe hier', ['größe'], true],
    ['a.b', ['a.b'], true],
    ['axb', ['a.b'], false],
    ['two words here', ['words here'], true],
    ['c4t', ['/c[a4]t/'], true],
    ['CATS', ['/^cats?$/'], true],
    ['anything', [], false],
    ['a ｃａｔ', ['cat'], true],
    ['a c\u00ADat', ['cat'], true],
    ['a cafe\u0301', ['café'], true],
    ['a dog and a cat', ['bird', 'cat', '/^x/'], true],
  ])('holds %j against %j: %s', (prompt, blocked, held) => {
    expect(holdsBlockedWord(prompt, blocked)).toBe(held);
  });

  it('is not hung by an expression that others hang on', () => {
    expect(holdsBlockedWord('a'.repeat(4_000), ['/(a+)+$b/'])).toBe(false);
  });

  it('says what is wrong with an expression', () => {
    expect(describeBadEntry('/(/')).toMatch(/missing/);
    expect(describeBadEntry('/fine/')).toBeNull();
    expect(describeBadEntry('(')).toBeNull();
  });

  it('does not take an expression that would slow everybody down', () => {
    expect(describeBadEntry('/(?:[a-z ]{1,30}){1,30}0Q/')).toContain('slow');
  });
});
