import { describe, expect, it } from 'vitest';
import { checkReferences } from '../../src/admission/policy.ts';
import { budgetFor } from '../../src/admission/reference-budget.ts';
import type { Reference } from '../../src/domain.ts';

const MEGABYTE = 1_000_000;
const MAX = 20 * MEGABYTE;

const given = (megabytes: number) => ({
  kind: 'attachment' as const,
  url: 'https://cdn.discordapp.com/a.png',
  name: 'a.png',
  contentType: 'image/png',
  bytes: megabytes * MEGABYTE,
});
const own = (megabytes: number): Reference => ({
  ...{ ...given(megabytes), kind: 'picture', generationId: 'made1' },
});

describe('the room of one of our own pictures', () => {
  it.each<[string, Reference[], number, number, number]>([
    ['alone is all of it', [own(25)], 0, 0, 20],
    ['is what added pictures leave', [own(5), given(10)], 0, 0, 10],
    ['is what was fetched before it leaves', [given(2), own(5)], 1, 3, 17],
    ['is all that another one leaves', [own(3), own(4)], 0, 0, 16],
    ['is an equal part where they are too large together', [own(12), own(30)], 0, 0, 10],
    ['is never more than is left', [own(3), own(9)], 1, 11, 9],
    ['is nothing where nothing is left', [given(20), own(3)], 1, 21, 0],
  ])('%s', (_, references, index, fetched, expected) => {
    expect(budgetFor(index, references, fetched * MEGABYTE, MAX)).toBe(expected * MEGABYTE);
  });
});

describe('admission', () => {
  it('takes one of our own pictures of any size, as it can be made smaller', () => {
    expect(() => checkReferences([own(60)], MAX)).not.toThrow();
    expect(() => checkReferences([own(60), given(18)], MAX)).not.toThrow();
  });

  it('refuses it where the others leave too little for a picture that one would want', () => {
    expect(() => checkReferences([own(60), given(19)], MAX)).toThrow('too_large_together');
  });
});
