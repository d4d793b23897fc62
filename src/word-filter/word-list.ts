import { plainText, withoutUnseen } from './visible-text.ts';

/** A list of blocked words: how its entries are read, what they cost, and how words are found. */

/**
 * What the expressions of a list may compile to, in instructions. RE2 takes time in proportion to
 * instructions times characters: 25 to 50 ns for each, so with a text of the greatest length
 * (`MAX_READING`) a list of 4,000 takes a second or two. Whatever is written into `/settings` without
 * counted repetitions stays below it, as one character makes about one instruction.
 */
export const LIST_COST = { each: 300, together: 4_000 } as const;

/** What an expression compiles to, or what is wrong with it in words for people. */
export type ExpressionCost = { instructions: number } | { problem: string };

/**
 * What stands between the slashes of an entry; null for a plain word. Texts are compared without
 * anything unseen and with their letters written out plainly, so anything else could only keep an
 * expression from matching. Its signs stay as they are.
 */
export function readExpression(entry: string): string | null {
  const expression = /^\/(.+)\/$/.exec(withoutUnseen(entry))?.[1] ?? null;
  return expression?.replace(/[\p{L}\p{N}\p{M}]+/gu, plainText) ?? null;
}

/** The expressions of a list, as they stand between their slashes. */
export function expressionsOf(list: readonly string[]): string[] {
  return list.flatMap((entry) => readExpression(entry) ?? []);
}

/** All that the expressions of a list cost together; what cannot be compiled costs nothing. */
export function totalCost(costs: readonly ExpressionCost[]): number {
  return costs.reduce((sum, cost) => sum + ('instructions' in cost ? cost.instructions : 0), 0);
}

/** Finds whole words: a text is given as one of its readings, see `readingsOf`. */
export interface WordFinder {
  isIn(reading: string): boolean;
}

/**
 * Looks for all plain words of a list at once, in any case. A word is whole when no letter or digit
 * of any script touches it. At each start of a word in the text the listed words that begin so are
 * narrowed down, letter by letter: the time is that of the text times the longest word, however
 * many there are, and a list takes no more memory than its words.
 */
export function createWordFinder(list: readonly string[]): WordFinder {
  const plain = list.filter((entry) => readExpression(entry) === null);
  const folded = plain.map((entry) => fold(plainText(entry)).trim());
  // In the order of their units, so a word comes before all that it begins.
  const words = [...new Set(folded)].filter((word) => word !== '').sort();

  /** NaN behind the end of a word. */
  const unitOf = (index: number, depth: number) => words[index]?.charCodeAt(depth) ?? 0;

  /** The first word from `from` on, and before `to`, with this unit or a greater one at `depth`. */
  function firstAtLeast(unit: number, depth: number, from: number, to: number): number {
    let [low, high] = [from, to];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (unitOf(middle, depth) >= unit) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Whether a word stands at `start` of the text. */
  function isAt(text: string, inWord: Uint8Array, start: number): boolean {
    let [from, to] = [0, words.length];
    for (let at = start; from < to; at++) {
      const depth = at - start;
      if (words[from]?.length === depth && inWord[at] !== 1) return true;
      if (at === text.length) return false;
      if (to - from === 1) {
        const word = words[from] ?? '';
        return text.startsWith(word, start) && inWord[start + word.length] !== 1;
      }
      const unit = text.charCodeAt(at);
      // Most often all that are left go on in the same way.
      if (unitOf(from, depth) === unit && unitOf(to - 1, depth) === unit) continue;
      from = firstAtLeast(unit, depth, from, to);
      to = firstAtLeast(unit + 1, depth, from, to);
    }
    return false;
  }

  return {
    isIn(reading) {
      if (words.length === 0) return false;
      const text = fold(reading);
      const inWord = markWords(text);
      for (let start = 0; start < text.length; start++) {
        if (inWord[start - 1] !== 1 && isAt(text, inWord, start)) return true;
      }
      return false;
    },
  };
}

/** In one case, with one space for any space: `σ` and `ς` are one letter, too. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ').replace(/\s+/g, ' ');
}

/** 1 for each unit of a letter or digit. */
function markWords(text: string): Uint8Array {
  const marks = new Uint8Array(text.length);
  for (const { index, 0: word } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    marks.fill(1, index, index + word.length);
  }
  return marks;
}
