import { Failure, type FailureReason } from '../../domain.ts';
import { isCode, type ProviderError } from './provider-error.ts';
import { kindOfProviderError } from './provider-error-kind.ts';

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
  const { reason, ...kind } = kindOfProviderError(error);
  const words = RAW.test(error.message) ? '' : redact(error.message);
  const codes = [...(reason === undefined ? [] : [reason]), ...error.codes.map(redact)].filter(
    (code, index, all) => isCode(code) && all.indexOf(code) === index,
  );
  const facts = {
    ...(error.status === null ? {} : { status: error.status }),
    ...(codes[0] === undefined ? {} : { reason: codes[0] }),
    ...(words === '' ? {} : { words }),
    ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
  };
  // The words may quote the prompt, so they are not part of the message, which goes to the log.
  const message = ['the provider answered', error.status ?? 'an error', ...codes].join(' ');
  return new Failure(kind, message, { details: facts });
}

/** Codes of a certificate or a TLS set-up that is wrong, which no retry mends before an answer. */
const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;

/** What a decoder says of damaged data. */
const COMPRESSION_CODE = /^(Z_|ERR__ERROR_|ERR_BROTLI|ERR_ZSTD|ZSTD)/;

/** What undici says of our own use of it; everything else that it says is of the other side. */
const MISUSE_CODE =
  /^UND_ERR(_INVALID_ARG|_INVALID_RETURN_VALUE|_REQ_CONTENT_LENGTH_MISMATCH|_NOT_SUPPORTED)?$/;

/** What the system says of a network or of whoever is at its other end. */
const NETWORK_CODE =
  /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_\w+|EHOST\w+|ENET\w+|ENOTCONN|ESHUTDOWN|EPROTO|ENODATA|ESERVFAIL|EREFUSED|ETIMEOUT|EBADRESP)$/;

/** What the system says of this machine: no more files, ports or memory, or a firewall of its own. */
const MACHINE_CODE = /^(EMFILE|ENFILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL|EACCES|EPERM)$/;

/**
 * The failure that a broken connection means.
 * @param answered the headers had arrived, so that the answer was cut rather than never given
 * @param sent the request began to go out, so that TLS had been agreed upon before it broke
 */
export function classifyTransportError(
  error: unknown,
  answered: boolean,
  redact: Redact,
  sent = answered,
): Failure {
  if (error instanceof Failure) return error;
  const { code, name, message } = readError(error);
  // Never the error itself: what undici throws may carry the socket, and a path holds the key.
  const cause = new Error(redact(`${name} ${code}: ${message}`));
  if (error instanceof Error && error.stack !== undefined) cause.stack = redact(error.stack);
  const failure = (text: string, reason: FailureReason) =>
    new Failure(reason, `${text} (${code || name})`, { cause });
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return failure('nothing arrived for too long', {
      kind: 'timeout',
      details: { problem: 'idle' },
    });
  }
  const isTls = TLS_CODE.test(code);
  // The other side may ask for a certificate only behind the request.
  if (isTls && !answered && (!sent || code.includes('CERT'))) {
    return failure('no trusted connection', { kind: 'misconfigured', details: { problem: 'tls' } });
  }
  if (COMPRESSION_CODE.test(code)) {
    return failure('the answer’s compression is damaged', {
      kind: 'bad_answer',
      details: { problem: 'unreadable' },
    });
  }
  if (MACHINE_CODE.test(code)) {
    return failure('this machine could not connect', {
      kind: 'internal',
      details: { problem: 'machine' },
    });
  }
  if (isTls || isOfTheOtherSide(code, name)) {
    return answered
      ? failure('the connection broke in mid-answer', { kind: 'cut', details: {} })
      : failure('no connection', { kind: 'busy', details: { problem: 'no_connection' } });
  }
  return failure('the request failed in an unexpected way', { kind: 'internal', details: {} });
}

/** Code, name and message of whatever was thrown; of several errors, what the first one says. */
function readError(error: unknown): { code: string; name: string; message: string } {
  const { code, name, message, errors } = (error ?? {}) as Partial<AggregateError> & {
    code?: unknown;
  };
  if (code === undefined && Array.isArray(errors) && errors.length > 0) return readError(errors[0]);
  return {
    code: typeof code === 'string' ? code : '',
    name: typeof name === 'string' ? name : 'Error',
    message: typeof message === 'string' ? message : '',
  };
}

/**
 * undici names what breaks the rules of HTTP by a code only where its parser found it; in front of
 * the parser (no HTTP at all) the error has nothing but its name.
 */
function isOfTheOtherSide(code: string, name: string): boolean {
  if (name === 'HTTPParserError' || code.startsWith('HPE_')) return true;
  if (code.startsWith('UND_ERR')) return !MISUSE_CODE.test(code);
  return NETWORK_CODE.test(code) || code.startsWith('ERR_STREAM_') || code.startsWith('ERR_HTTP');
}
