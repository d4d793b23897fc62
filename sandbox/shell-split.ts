/** One argument of a command line, between blanks. */
export interface ShellWord {
  /** As it is meant: without quotes, escapes resolved. */
  text: string;
  /** The part that stands outside of quotes at the word's beginning. */
  bare: string;
}

/**
 * Splits a line at blanks. Single and double quotes hold blanks together, anywhere in a word; a
 * backslash takes the next character as it is (inside quotes only a quote or another backslash,
 * so that `C:\pictures` survives).
 *
 * @throws Error when a quote is never closed.
 */
export function shellSplit(line: string): ShellWord[] {
  const words: ShellWord[] = [];
  let word: ShellWord | null = null;
  let quote: string | null = null;
  let wasQuoted = false;
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index);
    const next = line.charAt(index + 1);
    if (quote === null && /\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
      wasQuoted = false;
      continue;
    }
    word ??= { text: '', bare: '' };
    if (character === quote) {
      quote = null;
    } else if (quote === null && opensQuote(character, word.text)) {
      quote = character;
      wasQuoted = true;
    } else if (character === '\\' && /["'\\]/.test(next)) {
      word.text += next;
      index += 1;
    } else {
      word.text += character;
      if (!wasQuoted) word.bare += character;
    }
  }
  if (quote !== null) throw new Error(`A quote (${quote}) is opened and never closed.`);
  if (word !== null) words.push(word);
  return words;
}

/** An apostrophe within a word ("it's") is no quote. */
function opensQuote(character: string, before: string): boolean {
  return character === '"' || (character === "'" && (before === '' || before.endsWith(':')));
}

/** A text in quotes for a message, cut when it is long. */
export function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 59)}…` : text}"`;
}
