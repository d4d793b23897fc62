import { delayInDetails, delayInWords, longerDelay } from './provider-delay.ts';
import { refusalIn } from './refusal.ts';

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
  /** The quota in the way gives nothing at all, or so much a day; null where nothing is said. */
  quota: 'none' | 'day' | null;
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
/** More codes, details or violations of quotas than any error names. */
const LIST_LENGTH = 16;

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
 * gateways, or a code alone; one inside of another, as an object or as the text of its message, means
 * what the inner one says. Null when it is none.
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
  if ('candidates' in json) return null;
  const inner = depth === 0 ? null : wrappedError(json, expected, depth - 1);
  if (inner !== null) return inner;
  const message = MESSAGE_NAMES.map((name) => json[name]).find((value) => value !== undefined);
  const words = typeof message === 'string' ? message : '';
  return saysError(json, words !== '') || (words !== '' && (expected || saysRefusal(words)))
    ? readFields({ ...json, message: words }, depth)
    : null;
}

/** What some gateways put their error into. */
const WRAPPERS = ['errors', 'detail', 'data', 'response', 'result'];

function wrappedError(json: Fields, expected: boolean, depth: number): ProviderError | null {
  for (const name of WRAPPERS) {
    const isNamed = name === 'errors' || (name === 'detail' && expected);
    const error = find(json[name], isNamed, depth);
    if (error !== null) return error;
  }
  return null;
}

/** What gateways call the words and the code of an error that stands bare. */
const MESSAGE_NAMES = [
  'message',
  'msg',
  'detail',
  'error_msg',
  'errmsg',
  'error_message',
  'errorMessage',
  'status_msg',
];
const CODE_NAMES = [
  'code',
  'status',
  'status_code',
  'statusCode',
  'state',
  'error_code',
  'errcode',
  'errorCode',
];

/** A message that is nothing but a refusal needs no code to be an error. */
function saysRefusal(message: string): boolean {
  const bounded = message.slice(0, MESSAGE_LENGTH);
  return (
    refusalIn({ codes: [], message: bounded }, { isAboutRequest: true, isBusy: true }) !== null
  );
}

/** Words in a code or a status that nothing but an error has; "processing" or "queued" have none. */
const ERROR_WORD =
  /error|fail|invalid|insufficient|exceed|exhaust|not_?found|denied|unauthor|forbidden|block|unavailable|overload|time_?out|limit|throttl|too_?many|busy|quota|balance|refus|reject|expired|disabled|banned|unsupported|missing|sensitive|safety|moderation|violation|prohibited|recitation|abort|cancel|bad_|no_/i;

/**
 * Whether what stands bare is an error: gateways tell with a code and a message how a request goes
 * on, too.
 */
function saysError(json: Fields, hasWords: boolean): boolean {
  if (json['success'] === false || json['type'] === 'error' || json['error'] === true) return true;
  return CODE_NAMES.map((name) => json[name]).some((value) => {
    if (typeof value !== 'number' && typeof value !== 'string') return false;
    const number = value === '' ? Number.NaN : Number(value);
    // Without words it may be anybody's number, but for those of HTTP.
    if (!Number.isNaN(number)) return number < 0 || (number >= 400 && (hasWords || number < 600));
    return String(value).toUpperCase() in STATUS_OF_NAME || ERROR_WORD.test(String(value));
  });
}

function readFields(error: Fields, depth: number): ProviderError {
  const details = objectsIn(error['details']);
  const codes = [...CODE_NAMES.map((name) => error[name]), error['type']]
    .concat(...[error, error['metadata']].filter(isObject).map(reasonsIn))
    .concat([...details, ...objectsIn(error['errors'])].map((detail) => detail['reason']))
    .filter((code) => typeof code === 'string' && code !== '')
    .slice(0, LIST_LENGTH)
    .map((code) => String(code).slice(0, MESSAGE_LENGTH));
  const message = typeof error['message'] === 'string' ? error['message'] : '';
  const status = statusOf(error, codes);
  const retryAfterMs = delayInDetails([...details, error]) ?? delayInWords(message);
  const quota = quotaIn(details);
  const inner = depth === 0 ? null : innerError(error, message, depth - 1);
  if (inner === null) {
    return { status, codes, message: message.slice(0, MESSAGE_LENGTH), retryAfterMs, quota };
  }
  return {
    status: inner.error.status ?? status,
    codes: [...inner.error.codes, ...codes],
    message: inner.error.message || inner.before.slice(0, MESSAGE_LENGTH),
    retryAfterMs: longerDelay(inner.error.retryAfterMs, retryAfterMs),
    quota: inner.error.quota ?? quota,
  };
}

/** Why there is nothing, as gateways name it in an error of their own. */
const REASON_NAMES = ['reason', 'finishReason', 'finish_reason', 'blockReason', 'block_reason'];

function reasonsIn(fields: Fields): unknown[] {
  return REASON_NAMES.map((name) => fields[name]);
}

function objectsIn(list: unknown): Fields[] {
  return Array.isArray(list) ? list.slice(0, LIST_LENGTH).filter(isObject) : [];
}

/**
 * What the quota in the way gives: an ErrorInfo's `quota_limit_value` at Vertex, or a QuotaFailure's
 * `quotaValue` and `quotaId` (`GenerateRequestsPerDayPerProjectPerModel`).
 */
function quotaIn(details: readonly Fields[]): ProviderError['quota'] {
  const metadata = details.map((detail) => detail['metadata']).filter(isObject);
  const violations = details.flatMap((detail) => objectsIn(detail['violations']));
  const values = [
    ...metadata.map((fields) => fields['quota_limit_value']),
    ...violations.map((fields) => fields['quotaValue'] ?? fields['quota_value']),
  ];
  if (values.some((value) => String(value) === '0')) return 'none';
  const names = [...metadata, ...violations].flatMap((fields) =>
    QUOTA_NAMES.map((name) => String(fields[name] ?? '').slice(0, MESSAGE_LENGTH)),
  );
  return names.some((name) => /per_?day|\/d(\/|$)|daily/i.test(name)) ? 'day' : null;
}

const QUOTA_NAMES = ['quotaId', 'quota_id', 'quota_limit', 'quota_unit', 'subject', 'description'];

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
  for (const value of CODE_NAMES.map((name) => error[name])) {
    const status = Number(value);
    if (Number.isInteger(status) && status >= 400 && status <= 599) return status;
  }
  for (const code of codes) {
    const status = STATUS_OF_NAME[code.toUpperCase()];
    if (status !== undefined) return status;
  }
  return null;
}
