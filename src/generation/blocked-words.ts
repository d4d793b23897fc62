import { RE2JS } from 're2js';

/** Whether a prompt holds one of the words, or fits one of the `/expressions/`, in any case. */
export function holdsBlockedWord(prompt: string, blocked: readonly string[]): boolean {
  return blocked.some((entry) => {
    const expression = readExpression(entry);
    if (expression !== null) return expression.matcher(prompt).find();
    // A word is whole when no letter or digit of any script touches it.
    const word = RE2JS.quote(entry);
    return RE2JS.compile(`(?:^|[^\\p{L}\\p{N}])${word}(?:$|[^\\p{L}\\p{N}])`, CASELESS)
      .matcher(prompt)
      .find();
  });
}

const CASELESS = RE2JS.CASE_INSENSITIVE;

/** Reads `/expression/`; null for a plain word. RE2 runs in linear time, so none can hang the bot. */
function readExpression(entry: string): RE2JS | null {
  const match = /^\/(.+)\/$/.exec(entry);
  return match?.[1] === undefined ? null : RE2JS.compile(match[1], CASELESS);
}

/** What is wrong with an entry for the list, in the library's words; null when it can be used. */
export function describeBadEntry(entry: string): string | null {
  try {
    readExpression(entry);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
