import { type ProviderError, readProviderError } from './provider-error.ts';

/**
 * The error that an answer is whose HTTP status says so. Of a body that cannot be read, an HTML
 * page say, the status alone is left: it has no codes and no message.
 */
export function readErrorAnswer(status: number, text: string): ProviderError {
  const error = findErrorIn(text, true);
  const { codes = [], message = '', retryAfterMs = null } = error ?? {};
  return { status: error?.status ?? status, codes, message, retryAfterMs };
}

/**
 * The error in a text that is JSON, or an event that holds nothing else; null when there is none.
 * @param expected it is known to be one, so that a bare message alone will do
 */
export function findErrorIn(text: string, expected = false): ProviderError | null {
  try {
    return readProviderError(JSON.parse(withoutEvent(text)), expected);
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
