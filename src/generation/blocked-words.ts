import { RE2JS } from 're2js';

const CASELESS = RE2JS.CASE_INSENSITIVE;

/**
 * Instructions that one expression may compile to. RE2 takes time in proportion to them and to the
 * prompt, for every request of a server: a few hundred are plenty, and thousands would be felt.
 */
const MAX_PROGRAM = 300;

/** Compiled lists that are kept; a server's list changes rarely, and is asked for all the time. */
const MAX_LISTS = 100;

/** Compiles lists of blocked words, and remembers the last ones. */
export function createBlockedWords() {
  const compiled = new Map<string, RE2JS[]>();

  function compile(blocked: readonly string[]): RE2JS[] {
    const key = blocked.join('\n');
    const known = compiled.get(key);
    if (known) return known;
    if (compiled.size >= MAX_LISTS) compiled.clear();
    const list = compileList(blocked);
    compiled.set(key, list);
    return list;
  }

  return {
    /** Whether a prompt holds one of the words, or fits one of the `/expressions/`, in any case. */
    areIn(prompt: string, blocked: readonly string[]): boolean {
      if (blocked.length === 0) return false;
      const plain = plainText(prompt);
      return compile(blocked).some((expression) => expression.matcher(plain).find());
    },
  };
}

export type BlockedWords = ReturnType<typeof createBlockedWords>;

/** All plain words as one expression, and each `/expression/` as its own. */
function compileList(blocked: readonly string[]): RE2JS[] {
  const words = blocked.filter((entry) => readExpression(entry) === null);
  const expressions = blocked.flatMap((entry) => readExpression(entry) ?? []);
  const own = expressions.map((expression) => RE2JS.compile(expression, CASELESS));
  if (words.length === 0) return own;
  // A word is whole when no letter or digit of any script touches it.
  const any = words.map((word) => RE2JS.quote(plainText(word))).join('|');
  const whole = `(?:^|[^\\p{L}\\p{N}])(?:${any})(?:$|[^\\p{L}\\p{N}])`;
  return [RE2JS.compile(whole, CASELESS), ...own];
}

/** What people see of a text: full-width letters as letters, accents joined, nothing invisible. */
function plainText(text: string): string {
  return text.normalize('NFKC').replace(/\p{Cf}/gu, '');
}

/** What stands between the slashes; null for a plain word. */
function readExpression(entry: string): string | null {
  return /^\/(.+)\/$/.exec(entry)?.[1] ?? null;
}

/** What is wrong with an entry for the list, in words for people; null when it can be used. */
export function describeBadEntry(entry: string): string | null {
  const expression = readExpression(entry);
  if (expression === null) return null;
  try {
    const isCostly = RE2JS.compile(expression, CASELESS).programSize() > MAX_PROGRAM;
    return isCostly ? 'it repeats too much and would slow everything down' : null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
