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
export type Weight = { instructions: number } | { problem: string };

/**
 * What stands between the slashes of an entry; null for a plain word. Texts are compared without
 * anything unseen, so that could only keep an expression from matching.
 */
export function readExpression(entry: string): string | null {
  return /^\/(.+)\/$/.exec(withoutUnseen(entry))?.[1] ?? null;
}

/** The expressions of a list, as they stand between their slashes. */
export function expressionsOf(list: readonly string[]): string[] {
  return list.flatMap((entry) => readExpression(entry) ?? []);
}

/** All that the expressions of a list cost together; what cannot be compiled costs nothing. */
export function sumWeights(weights: readonly Weight[]): number {
  return weights.reduce(
    (sum, weight) => sum + ('instructions' in weight ? weight.instructions : 0),
    0,
  );
}

/** Finds whole words: a text is given as one of its readings, see `readingsOf`. */
export interface WordFinder {
  isIn(reading: string): boolean;
}

/** Where the letters of words lead; at the end of a word `ends` is true. */
interface Node {
  next: Map<string, Node>;
  ends: boolean;
}

/**
 * Looks for all plain words of a list at once, in any case. A word is whole when no letter or digit
 * of any script touches it. Each start of a word in the text is followed as far as a listed word
 * goes, so the time is that of the text times the longest word, however many there are.
 */
export function createWordFinder(list: readonly string[]): WordFinder {
  const root: Node = { next: new Map(), ends: false };
  for (const entry of list) {
    if (readExpression(entry) !== null) continue;
    let node = root;
    for (const unit of fold(plainText(entry)).trim().split('')) {
      const next: Node = node.next.get(unit) ?? { next: new Map(), ends: false };
      node.next.set(unit, next);
      node = next;
    }
    if (node !== root) node.ends = true;
  }

  return {
    isIn(reading) {
      if (root.next.size === 0) return false;
      const text = fold(reading);
      const inWord = markWords(text);
      for (let start = 0; start < text.length; start++) {
        if (inWord[start - 1] === 1) continue;
        let node: Node | undefined = root;
        for (let at = start; node !== undefined; at++) {
          if (node.ends && inWord[at] !== 1) return true;
          node = node.next.get(text.charAt(at));
        }
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
