import { withoutHidden } from '../word-filter/visible-text.ts';

/**
 * Shortens a text to `maxChars` UTF-16 units, an ellipsis included, without breaking a surrogate
 * pair. Discord counts its limits in the same units or fewer.
 */
export function shorten(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  let cut = text.slice(0, maxChars - 1);
  if (/[\uD800-\uDBFF]$/.test(cut)) cut = cut.slice(0, -1);
  return `${cut.trimEnd()}…`;
}

/**
 * The first items of a list that fit into `maxChars`, joined, and how many were left out. Never none
 * of them: the caller bounds a single item.
 */
export function listWithin(
  items: readonly string[],
  separator: string,
  maxChars: number,
): { text: string; left: number } {
  let text = items[0] ?? '';
  let taken = Math.min(items.length, 1);
  for (const item of items.slice(1)) {
    if (text.length + separator.length + item.length > maxChars) break;
    text += separator + item;
    taken++;
  }
  return { text, left: items.length - taken };
}

/** The parts that are there, with this between them. */
export function joined(
  separator: string,
  ...parts: readonly (string | false | null | undefined)[]
): string {
  return parts.filter(Boolean).join(separator);
}

/** More marks on one letter than any script needs; they would cover the lines around it. */
const STACKED_MARKS = /(\p{M}{6})\p{M}+/gu;

/** What may begin or end a form of its own. */
const SPECIAL = /[\\`|[*_~]/g;
/** The same in an address, where a `*`, `_` or `~` is a letter like others. */
const SPECIAL_IN_ADDRESS = /[\\`|[]/g;

/** Mentions, custom emoji, timestamps and the like; `<https://…>` only shows where it leads. */
const MENTION = /<(?=[@#:/]|a:|id:|t:)/g;

/** What cannot be seen, or reaches beyond its own place; lines stay. */
export function withoutTricks(text: string): string {
  return withoutHidden(text.toWellFormed()).replace(STACKED_MARKS, '$1');
}

/**
 * Makes words of people and models harmless: one line, shown as it was written. Every character
 * that could begin something is escaped by itself, since the library's `escapeMarkdown` leaves some
 * alive: the second link of a line, and emphasis behind a custom emoji.
 */
export function escapeWords(text: string, maxChars: number): string {
  const oneLine = withoutTricks(text).replace(/\s+/gu, ' ').trim();
  return (
    shorten(oneLine, maxChars)
      .replace(/\S+/g, escapeWord)
      // At the start of a line: headings, subtext, lists and quotes.
      .replace(/^[#>+-]/, '\\$&')
      .replace(/^(\d+)\./, '$1\\.')
  );
}

/** Makes a longer text harmless: its lines, headings, lists and bold words stay, nothing else. */
export function escapeText(text: string): string {
  return withoutTricks(text)
    .split(/(?<!\*)(\*\*)(?!\*)/)
    .map((part) => (part === '**' ? part : part.replace(/\S+/g, escapeWord)))
    .join('');
}

/** Escapes what stands between two spaces. Each word is looked at once, however long it is. */
function escapeWord(word: string): string {
  const special = /^https?:\/\//.test(word) ? SPECIAL_IN_ADDRESS : SPECIAL;
  return word.replace(special, '\\$&').replace(MENTION, '\\<');
}
