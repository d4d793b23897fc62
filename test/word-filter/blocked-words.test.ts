import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { createBlockedWords } from '../../src/word-filter/blocked-words.ts';
import { ExpressionThread } from '../../src/word-filter/expression-thread.ts';
import { findListProblems } from '../../src/word-filter/expressions.ts';
import { createWordFinder } from '../../src/word-filter/word-list.ts';
import { silentLog } from '../support/samples.ts';

const blockedWords = createBlockedWords(silentLog);
afterAll(() => blockedWords.close());

const verdict = (prompt: string, list: readonly string[], owner = 'one server') =>
  blockedWords.judge(prompt, list, owner);

/** The slowest list that could be saved before the whole of it had a limit. */
const SLOWEST = Array.from({ length: 200 }, (_, index) => `/(?:[a-z ]{1,12}){1,12}${index}Q/`);

/** Turns of the event loop until something settles. */
async function turnsUntil(settled: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isSettled = false;
  void settled.finally(() => {
    isSettled = true;
  });
  while (!isSettled) {
    await new Promise((resolve) => setImmediate(resolve));
    turns++;
  }
  return turns;
}

describe('a list of blocked words', () => {
  it.each([
    ['a cat', ['cat'], 'blocked'],
    ['a Cat!', ['cat'], 'blocked'],
    ['concatenate', ['cat'], 'clear'],
    ['a cat_', ['cat'], 'blocked'],
    ['Größe', ['röß'], 'clear'],
    ['die Größe hier', ['größe'], 'blocked'],
    ['ΣΊΣΥΦΟΣ', ['Σίσυφος'], 'blocked'],
    ['a.b', ['a.b'], 'blocked'],
    ['axb', ['a.b'], 'clear'],
    ['two words here', ['words here'], 'blocked'],
    ['two words\n  here', ['words here'], 'blocked'],
    ['two wordshere', ['words here'], 'clear'],
    ['ab abc abcd', ['abcde', 'abcd'], 'blocked'],
    ['ab abc', ['abcd', 'b', 'bc'], 'clear'],
    ['really!!', ['!!'], 'clear'],
    ['really !!', ['!!'], 'blocked'],
    ['c4t', ['/c[a4]t/'], 'blocked'],
    ['CATS', ['/^cats?$/'], 'blocked'],
    ['anything', [], 'clear'],
    ['anything', ['\u200B', '/\u200B/'], 'clear'],
    ['a ｃａｔ', ['cat'], 'blocked'],
    ['a cafe\u0301', ['café'], 'blocked'],
    ['a café', ['/cafe\u0301s?$/'], 'blocked'],
    ['a cat', ['/ｃａｔ/'], 'blocked'],
    ['a dog and a cat', ['bird', 'cat', '/^x/'], 'blocked'],
  ])('judges %j by %j: %s', async (prompt, list, expected) => {
    expect(await verdict(prompt, list)).toBe(expected);
  });

  it.each([
    ['a combining grapheme joiner', 'g\u034Fun'],
    ['a Hangul filler', 'g\u3164un'],
    ['a half-width Hangul filler', 'g\uFFA0un'],
    ['a Hangul choseong filler', 'g\u115Fun'],
    ['a Braille blank', 'g\u2800un'],
    ['a soft hyphen', 'g\u00ADun'],
    ['a joiner', 'g\u200Dun'],
    ['a variation selector', 'g\uFE0Fun'],
    ['a supplementary variation selector', 'g\u{E0101}un'],
    ['a Mongolian variation selector', 'g\u180Bun'],
    ['a Khmer vowel that is not shown', 'g\u17B4un'],
    ['a change of direction', 'g\u202Eun'],
    ['a tag', 'g\u{E0061}un'],
    ['a reserved ignorable character', 'g\u{E0FFF}\u2065un'],
    ['a control character', 'g\u0007un'],
    ['many of them', `g${'\u200B\u2060\uFEFF'.repeat(300)}un`],
    ['a blank before it', 'a\u3164gun'],
    ['a blank before it and more within', 'a\u2800g\u200Bun'],
    ['letters of full width', 'ｇ\u2800ｕｎ'],
  ])('finds a word that hides behind %s', async (_name, prompt) => {
    expect(await verdict(`a cat with ${prompt}`, ['gun'])).toBe('blocked');
    expect(await verdict(`a cat with ${prompt}`, ['/\\bgun\\b/'])).toBe('blocked');
  });

  it('finds the words that a search for each by itself finds', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abB é_!1 '), maxLength: 12 });
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 5 }), (prompt, list) => {
        const lower = prompt.toLowerCase().replace(/\s+/g, ' ');
        const isWhole = (word: string, at: number) =>
          !/[\p{L}\p{N}]$/u.test(lower.slice(0, at)) &&
          !/^[\p{L}\p{N}]/u.test(lower.slice(at + word.length));
        const expected = list
          .map((word) => word.toLowerCase().replace(/\s+/g, ' ').trim())
          .filter((word) => word !== '')
          .some((word) =>
            [...lower].some((_, at) => lower.startsWith(word, at) && isWhole(word, at)),
          );
        expect(createWordFinder(list).isIn(prompt)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes no more memory than its words, so that many servers can have long ones', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'abcdefgh'),
      minLength: 90,
      maxLength: 99,
    });
    const lists = fc.sample(fc.array(letters, { minLength: 35, maxLength: 35 }), 100);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    const before = process.memoryUsage().heapUsed;
    const finders = lists.map((list) => createWordFinder(list));
    collect();
    const takenMib = (process.memoryUsage().heapUsed - before) / 1_048_576;
    expect(finders.map((finder, index) => finder.isIn(lists[index]?.[0] ?? ''))).not.toContain(
      false,
    );
    expect(takenMib).toBeLessThan(10);
  });

  it('is not hung by an expression that others hang on', async () => {
    expect(await verdict('a'.repeat(4_000), ['/(a+)+$b/'])).toBe('clear');
  });

  it('does not pass a text that gets too long when it is written out', async () => {
    expect(await verdict('\uFDFA'.repeat(4_000), ['cat'])).toBe('unreadable');
    expect(await verdict('\uFDFA'.repeat(400), ['cat'])).toBe('clear');
    expect(await verdict('a'.repeat(6_001), ['cat'])).toBe('unreadable');
    expect(await verdict('\uFDFA'.repeat(4_000), [])).toBe('clear');
  });
});

describe('a list of expressions that is slow', () => {
  it('holds up neither the process nor the lists of other servers, and passes nothing', async () => {
    const thread = new ExpressionThread({ spentMs: 1_000 });
    const words = createBlockedWords(silentLog, thread);
    const order: string[] = [];
    const slow = words.judge('a'.repeat(4_000), SLOWEST, 'slow');
    const turns = turnsUntil(slow);
    void slow.then(() => order.push('slow'));
    for (let index = 0; index < 5; index++) {
      expect(await words.judge('a c4t', ['/c[a4]t/'], 'other')).toBe('blocked');
    }
    order.push('other');
    expect(await slow).toBe('unchecked');
    expect(order).toEqual(['other', 'slow']);
    expect(await turns).toBeGreaterThan(20);
    await words.close();
  });

  it('is applied as far as there is time for it', async () => {
    expect(await verdict('a 199q', SLOWEST)).toBe('blocked');
    expect(await verdict('a 200q', SLOWEST)).toBe('clear');
  });

  it('ends the thread that does not come back, and a new one goes on', async () => {
    const endless = { sliceMs: 1e9, spentMs: 1e9, turnMs: 2_000 };
    const words = createBlockedWords(silentLog, new ExpressionThread(endless));
    expect(await words.judge('a'.repeat(4_000), SLOWEST, 'slow')).toBe('unchecked');
    await vi.waitFor(
      async () => expect(await words.judge('a c4t', ['/c[a4]t/'], 'other')).toBe('blocked'),
      { timeout: 60_000 },
    );
    await words.close();
  });

  it('is no reason to stop later', async () => {
    const words = createBlockedWords(silentLog);
    const pending = [1, 2, 3].map(() => words.judge('a'.repeat(4_000), SLOWEST, 'slow'));
    const ends = Promise.allSettled(pending);
    await words.close();
    for (const end of await ends) expect(end).toMatchObject({ reason: { kind: 'interrupted' } });
    const late = words.judge('a c4t', ['/c[a4]t/'], 'other');
    await expect(late).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('is told by what it costs', async () => {
    const costs = await blockedWords.measureCosts(
      ['word', '/c[a4]t/', '/(/', ...SLOWEST],
      'a server',
    );
    expect(costs).toHaveLength(202);
    expect(costs?.[0]).toEqual({ instructions: expect.any(Number) });
    expect(costs?.[1]).toEqual({ problem: expect.stringContaining('missing') });
    expect(costs?.[2]).toEqual({ instructions: expect.toSatisfy((cost) => cost > 250) });
  });
});

describe('the operator’s list', () => {
  it('is told what is wrong with an expression', () => {
    expect(findListProblems(['/(/'])).toEqual([expect.stringMatching(/\/\(\/.*missing/)]);
    expect(findListProblems(['/fine/', '('])).toEqual([]);
  });

  it('takes no expression that repeats too much, and not too much of all together', () => {
    expect(findListProblems(['/(?:[a-z ]{1,30}){1,30}0Q/'])[0]).toContain('repeats too much');
    expect(findListProblems(SLOWEST)).toEqual([expect.stringContaining('takes too long')]);
  });

  it('may be as long as the form of a server takes it, without repetitions', () => {
    const long = Array.from({ length: 200 }, (_, index) => `/gr[ae]y ${`${index}`.padEnd(6)}/`);
    expect(findListProblems(long)).toEqual([]);
  });
});
