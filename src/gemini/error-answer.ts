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
    const json = JSON.parse(text.replace(/^\s*(?:event:[^\n]*\n)?\s*data:/, ''));
    return readProviderError(json, expected);
  } catch {
    return null;
  }
}
