import { Failure, type FailureDetails, type FailureKind } from '../domain.ts';
import { isCode, type ProviderError } from './provider-error.ts';

/** Takes secrets out of a text that somebody else wrote. */
export type Redact = (text: string) => string;

/** Gateways echo the key in their messages now and then, as it is or as it stood in the URL. */
export function createRedact(apiKey: string): Redact {
  const forms = [apiKey, encodeURIComponent(apiKey)].filter((form) => form !== '');
  return (text) => forms.reduce((rest, form) => rest.replaceAll(form, '[key]'), text);
}

const WRONG_KEY =
  /api_key_invalid|api_key_expired|invalid_api_key|api key (not valid|not found|expired)|(invalid|incorrect) (api )?(key|token)|无效的令牌/i;
const NO_BALANCE =
  /insufficient[\w ]{0,20}(quota|balance|fund|credit)|quota[\w ]{0,20}(insufficient|not[_ ]?enough|failed)|arrearage|credit balance|额度不足|余额不足|预扣费额度失败/i;
const UNKNOWN_MODEL =
  /model_not_found|unknown_model|models?\b.{0,120}(not found|does not exist|not exist|no longer available|not supported for generatecontent)/i;
/** Some gateways make an error of what the provider says as a refusal. */
const REFUSED_PROMPT =
  /prompt_blocked|content_policy|content_filter|prohibited_content|sensitive_words|(blocked|rejected|refused|flagged)\b.{0,60}\bsafety|safety (system|filter|polic|setting)/i;
const INVALID_REQUEST = /invalid_request|invalid_argument|bad_request|validation_error/i;

/** The failure that an error of the provider means, whatever shape it came in. */
export function classifyProviderError(error: ProviderError, redact: Redact): Failure {
  const { kind, problem } = kindOf(error);
  const words = redact(error.message);
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

function kindOf(error: ProviderError): { kind: FailureKind; problem?: string } {
  const { status } = error;
  const said = [...error.codes, error.message].join('\n');
  if (WRONG_KEY.test(said)) return { kind: 'misconfigured', problem: 'key' };
  if (status === 402 || NO_BALANCE.test(said)) return { kind: 'misconfigured', problem: 'balance' };
  if (status === 404 || UNKNOWN_MODEL.test(said)) {
    return { kind: 'misconfigured', problem: 'unknown_model' };
  }
  if (status === 401) return { kind: 'misconfigured', problem: 'key' };
  if (status !== 403 && status !== 429 && REFUSED_PROMPT.test(said))
    return { kind: 'refused_prompt' };
  if (status === 403) return { kind: 'misconfigured', problem: 'forbidden' };
  // Google says so of a region or an account that may not use the model.
  if (error.codes.includes('FAILED_PRECONDITION')) {
    return { kind: 'misconfigured', problem: 'precondition' };
  }
  if (status === null) return { kind: INVALID_REQUEST.test(said) ? 'rejected' : 'busy' };
  if (status >= 300 && status < 400) return { kind: 'misconfigured', problem: 'redirect' };
  return { kind: status >= 500 || PASSING_STATUSES.has(status) ? 'busy' : 'rejected' };
}

/** Statuses below 500 that mean "later" rather than "never". */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429, 499]);

/** Codes of a certificate or a TLS set-up that is wrong, which no retry mends. */
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
  if (TLS_CODE.test(code))
    return failure('misconfigured', 'no trusted connection', { problem: 'tls' });
  if (/^(HPE_|UND_ERR_HEADERS_OVERFLOW|Z_|ERR__ERROR_FORMAT|ERR_BROTLI|ZSTD)/.test(code)) {
    return failure('bad_answer', 'the answer broke the rules of HTTP', { problem: 'unreadable' });
  }
  if (TRANSPORT_CODE.test(code)) {
    return answered
      ? failure('cut', 'the connection broke in mid-answer')
      : failure('busy', 'no connection', { problem: 'no_connection' });
  }
  return failure('internal', 'the request failed in an unexpected way');
}

const TRANSPORT_CODE =
  /^(E[A-Z_]+|UND_ERR_(SOCKET|CONNECT_TIMEOUT|CLOSED|DESTROYED|RES_CONTENT_LENGTH_MISMATCH|INFO|ABORTED))$/;
