import { delayInDetails, delayInWords, longerDelay } from './provider-delay.ts';

/** An error as the provider or a gateway put it, in one shape. */
export interface ProviderError {
  /** The HTTP status that it stands for; null when it does not say. */
  status: number | null;
  /**
   * Every word that names it: `RESOURCE_EXHAUSTED`, `API_KEY_INVALID`, `model_not_found`… As the
   * provider wrote them, so they may hold anything: only those that are a code may be logged.
   */
  codes: string[];
  /** In the provider's words, cut to a length that can be shown; may hold anything. */
  message: string;
  /** From RetryInfo, or a message that says when to come back. */
  retryAfterMs: number | null;
}

/** Google's canonical names, which stand in streams where no HTTP status can. */
const STATUS_OF_NAME: Readonly<Record<string, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  ABORTED: 409,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 499,
  UNKNOWN: 500,
  INTERNAL: 500,
  DATA_LOSS: 500,
  UNIMPLEMENTED: 501,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

const MESSAGE_LENGTH = 1_000;

const CODE = /^[\w.-]{1,80}$/;

/**
 * Whether a word of the provider's is a code and nothing else. Only then does it go to the log: a
 * sentence in its place may quote the prompt.
 */
export function isCode(word: string): boolean {
  return CODE.test(word);
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How often an error is looked for inside of another one. */
const NESTED = 4;

/**
 * Finds an error in a JSON value: `{ error: { code, message, status, details } }`, an array around
 * it, `{ error: { message, type, code } }`, `{ error: "…" }`, and the bare `{ code, message }` of
 * gateways; one inside of another, as an object or as the text of its message, means what the
 * inner one says. Null when it is none.
 * @param expected the answer was an error already, so that a bare message alone will do
 */
export function readProviderError(json: unknown, expected = false): ProviderError | null {
  return find(json, expected, NESTED);
}

function find(json: unknown, expected: boolean, depth: number): ProviderError | null {
  if (Array.isArray(json)) {
    if (depth === 0) return null;
    for (const element of json) {
      const error = find(element, expected, depth - 1);
      if (error !== null) return error;
    }
    return null;
  }
  if (!isObject(json)) return null;
  if (isObject(json['error'])) return readFields(json['error'], depth);
  if (typeof json['error'] === 'string' && json['error'] !== '') {
    return readFields({ ...json, message: json['message'] ?? json['error'] }, depth);
  }
  const message = json['message'] ?? json['msg'] ?? json['detail'];
  if (typeof message !== 'string' || 'candidates' in json) return null;
  return expected || saysError(json) ? readFields({ ...json, message }, depth) : null;
}

/** Words in a code or a status that nothing but an error has; "processing" or "queued" have none. */
const ERROR_WORD =
  /error|fail|invalid|insufficient|exceed|exhaust|not_?found|denied|unauthor|forbidden|blocked|unavailable|overload|timeout/i;

/** Whether a bare message is an error's: gateways tell with one how a request goes on, too. */
function saysError(json: Fields): boolean {
  if (json['success'] === false || json['type'] === 'error') return true;
  return [json['code'], json['status'], json['status_code'], json['statusCode']].some((value) => {
    if (typeof value !== 'number' && typeof value !== 'string') return false;
    const number = value === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(number)) return number >= 400 || number < 0;
    return String(value).toUpperCase() in STATUS_OF_NAME || ERROR_WORD.test(String(value));
  });
}

function readFields(error: Fields, depth: number): ProviderError {
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const codes = [error['status'], error['code'], error['type'], ...details.map((d) => d['reason'])]
    .filter((code) => typeof code === 'string')
    .map((code) => code.slice(0, MESSAGE_LENGTH));
  const message = typeof error['message'] === 'string' ? error['message'] : '';
  const status = statusOf(error, codes);
  const retryAfterMs = delayInDetails(details) ?? delayInWords(message);
  const inner = depth === 0 ? null : innerError(error, message, depth - 1);
  if (inner === null) {
    return { status, codes, message: message.slice(0, MESSAGE_LENGTH), retryAfterMs };
  }
  return {
    status: inner.error.status ?? status,
    codes: [...inner.error.codes, ...codes],
    message: inner.error.message || inner.before.slice(0, MESSAGE_LENGTH),
    retryAfterMs: longerDelay(inner.error.retryAfterMs, retryAfterMs),
  };
}

/** What a gateway was told itself and passes on: the error, and its own words before it. */
function innerError(
  outer: Fields,
  message: string,
  depth: number,
): { error: ProviderError; before: string } | null {
  if (isObject(outer['error'])) {
    const error = find(outer, true, depth);
    return error === null ? null : { error, before: message };
  }
  const start = message.search(/[{[]/);
  if (start < 0) return null;
  const end = Math.max(message.lastIndexOf('}'), message.lastIndexOf(']')) + 1;
  try {
    const error = find(JSON.parse(message.slice(start, end)), start === 0, depth);
    return error === null ? null : { error, before: message.slice(0, start).trim() };
  } catch {
    return null;
  }
}

function statusOf(error: Fields, codes: string[]): number | null {
  for (const value of [error['code'], error['status'], error['status_code'], error['statusCode']]) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  }
  for (const code of codes) {
    const status = STATUS_OF_NAME[code.toUpperCase()];
    if (status !== undefined) return status;
  }
  return null;
}
