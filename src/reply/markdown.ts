import { escapeMarkdown } from '@discordjs/formatters';

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
 * Makes words of people and models harmless: shown as they were written, as one line unless told
 * otherwise. Headings, lists and masked links are off by default in the library, so they are named.
 */
export function escapeWords(text: string, maxChars: number): string {
  const oneLine = text.replace(/\s+/gu, ' ').trim();
  const escaped = escapeMarkdown(shorten(oneLine, maxChars), {
    heading: true,
    bulletedList: true,
    numberedList: true,
    maskedLink: true,
  });
  // A quote at the start, and mentions anywhere: neither is in the library's list.
  return escaped.replace(/^>/, '\\>').replace(/<(?=[@#:/]|a:|id:|t:)/g, '\\<');
}
