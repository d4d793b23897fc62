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

/** Embeddings, overrides and isolates of direction: with them words reach beyond their own line. */
const DIRECTIONS = /[\u202A-\u202E\u2066-\u2069]/gu;

/** Longer runs of what cannot be seen than any emoji or flag is made of. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}{9,}/gu;

/** More marks on one letter than any script needs; they would cover the lines around it. */
const STACKED_MARKS = /(\p{M}{6})\p{M}+/gu;

/** What may begin or end a form of its own; in an address a `*`, `_` or `~` is a letter like others. */
const SPECIAL = /[\\`|[]|(?<!(?:^|\s)https?:\/\/\S*)[*_~]/g;

/** Mentions, custom emoji, timestamps and the like; `<https://…>` only shows where it leads. */
const MENTION = /<(?=[@#:/]|a:|id:|t:)/g;

/**
 * Makes words of people and models harmless: one line, shown as it was written. Every character
 * that could begin something is escaped by itself, since the library's `escapeMarkdown` leaves some
 * alive: the second link of a line, and emphasis behind a custom emoji.
 */
export function escapeWords(text: string, maxChars: number): string {
  const oneLine = text
    .toWellFormed()
    .replace(DIRECTIONS, '')
    .replace(/\s+/gu, ' ')
    .replace(/\p{Cc}/gu, '')
    .replace(UNSEEN, '')
    .replace(STACKED_MARKS, '$1')
    .trim();
  return (
    shorten(oneLine, maxChars)
      .replace(SPECIAL, '\\$&')
      .replace(MENTION, '\\<')
      // At the start of a line: headings, subtext, lists and quotes.
      .replace(/^[#>+-]/, '\\$&')
      .replace(/^(\d+)\./, '$1\\.')
  );
}
