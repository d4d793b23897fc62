import { Failure, type FailureDetails, type FailureKind } from '../domain.ts';
import { meaningOf } from './error-meaning.ts';
import { isCode, type ProviderError } from './provider-error.ts';

/** Takes secrets out of a text that somebody else wrote. */
export type Redact = (text: string) => string;

/** Gateways echo the key in their messages now and then, as it is or as it stood in the URL. */
export function createRedact(apiKey: string): Redact {
  const forms = [apiKey, encodeURIComponent(apiKey)].filter((form) => form !== '');
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '[key]'), text);
}

/** What no person should read: JSON or a page, in place of a sentence. */
const RAW = /^\s*(\{|\[\s*[[{"]|<(!doctype|html|\?xml|head|body))/i;

/** The failure that an error of the provider means, whatever shape it came in. */
export function classifyProviderError(error: ProviderError, redact: Redact): Failure {
  const { kind, problem } = meaningOf(error);
  const words = RAW.test(error.message) ? '' : redact(error.message);
  const codes = error.codes.map(redact).filter(isCode);
  const details: FailureDetails = {
    ...(problem === undefined ? {} : { problem }),
    ...(error.status === null ? {} : { status: error.status }),
    ...(codes[0] === undefined ? {} : { reason: codes[0] }),
    ...(words === '' ? {} : { words }),
    ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
  };
  // The words may quote the prompt, so they are not part of the message, which goes to the log.
  const message = ['the provider answered', error.status ?? 'an error', ...codes].join(' ');
  return new Failure(kind, message, { details });
}

/** Codes of a certificate or a TLS set-up that is wrong, which no retry mends before an answer. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/**
 * The failure that a broken connection means.
 * @param answered the headers had arrived, so that the answer was cut rather than never given
 */
export function classifyTransportError(error: unknown, answered: boolean, redact: Redact): Failure {
  if (error instanceof Failure) return error;
  const { code = '', name = 'Error' } = (error ?? {}) as { code?: string; name?: string };
  // Never the error itself: what undici throws may carry the socket, and a path holds the key.
  const cause = new Error(redact(`${name} ${code}: ${(error as Error | null)?.message ?? ''}`));
  if (error instanceof Error && error.stack !== undefined) cause.stack = redact(error.stack);
  const failure = (kind: FailureKind, message: string, details: FailureDetails = {}) =>
    new Failure(kind, `${message} (${code || name})`, { details, cause });
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return failure('timeout', 'nothing arrived for too long', { problem: 'idle' });
  }
  const isTls = TLS_CODE.test(code);
  if (isTls && !answered) {
    return failure('misconfigured', 'no trusted connection', { problem: 'tls' });
  }
  if (/^(HPE_|UND_ERR_HEADERS_OVERFLOW|Z_|ERR__ERROR_FORMAT|ERR_BROTLI|ZSTD)/.test(code)) {
    return failure('bad_answer', 'the answer broke the rules of HTTP', { problem: 'unreadable' });
  }
  if (isTls || TRANSPORT_CODE.test(code)) {
    return answered
      ? failure('cut', 'the connection broke in mid-answer')
      : failure('busy', 'no connection', { problem: 'no_connection' });
  }
  return failure('internal', 'the request failed in an unexpected way');
}

const TRANSPORT_CODE =
  /^(E[A-Z_]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT|CLOSED|DESTROYED|RES_CONTENT_LENGTH_MISMATCH|INFO|ABORTED))$/;
