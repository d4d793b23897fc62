import { completeJson } from '../stream/complete-json.ts';
import { type ProviderError, readProviderError } from './provider-error.ts';
import { refusalIn } from './refusal.ts';

/** Of an answer in plain words, enough to know it by. */
const WORDS_LENGTH = 1_000;
/** And of a page, without its markup. */
const PAGE_LENGTH = 4_000;

/**
 * The error that an answer is whose HTTP status says so. Of a body that is neither JSON nor plain
 * words, an HTML page say, the status alone is left: it has no codes and no message.
 */
export function readErrorBody(status: number, text: string): ProviderError {
  const error = findErrorIn(text, true);
  if (error !== null) return { ...error, status: error.status ?? status };
  const words = text.slice(0, WORDS_LENGTH).trim();
  const isPage = words.startsWith('<');
  const reason = isPage ? refusalNameIn(text) : null;
  const message = isPage || /^([{[:]|event:|data:)/.test(words) ? '' : words;
  const codes = reason === null ? [] : [reason];
  return { status, codes, message, retryAfterMs: null, quota: null };
}

/** The name of a refusal in the text of a page; nothing else of a page is worth reading. */
function refusalNameIn(page: string): string | null {
  const text = page
    .split('<')
    .map((part) => part.slice(part.indexOf('>') + 1).trim())
    .filter((part) => part !== '')
    .join('\n')
    .slice(0, PAGE_LENGTH);
  const about = { isAboutRequest: true, isBusy: true };
  return refusalIn({ codes: [], message: text }, about)?.reason ?? null;
}

/**
 * The error in a text that is JSON, or an event that holds nothing else; null when there is none.
 * @param expected it is known to be one, so that a bare message alone will do, and one that is cut
 */
export function findErrorIn(text: string, expected = false): ProviderError | null {
  const json = withoutEvent(text);
  return readJson(json, expected) ?? (expected ? readJson(completeJson(json) ?? '', true) : null);
}

function readJson(text: string, expected: boolean): ProviderError | null {
  try {
    return readProviderError(JSON.parse(text), expected);
  } catch {
    return null;
  }
}

/** What stands behind an event's name and `data:`, or all of a text that is no event. */
function withoutEvent(text: string): string {
  // Trimmed rather than matched: two patterns of blanks in a row take the square of their number.
  const start = text.trimStart();
  const data = start.replace(/^event:[^\n]*\n/, '').trimStart();
  return data.startsWith('data:') ? data.slice('data:'.length) : text;
}
