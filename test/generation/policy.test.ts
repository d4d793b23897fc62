import { describe, expect, it } from 'vitest';
import { describeBadEntry, holdsBlockedWord } from '../../src/generation/blocked-words.ts';

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
});
