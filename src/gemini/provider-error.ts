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

/**
 * Finds an error in a JSON value: `{ error: { code, message, status, details } }`, an array around
 * it, `{ error: { message, type, code } }`, `{ error: "…" }`, and the bare `{ code, message }` of
 * gateways. Null when it is none.
 * @param expected the answer was an error already, so that a bare message alone will do
 */
export function readProviderError(json: unknown, expected = false): ProviderError | null {
  if (Array.isArray(json)) {
    for (const element of json) {
      const error = readProviderError(element, expected);
      if (error !== null) return error;
    }
    return null;
  }
  if (!isObject(json)) return null;
  if (isObject(json['error'])) return readFields(json['error']);
  if (typeof json['error'] === 'string' && json['error'] !== '') {
    return readFields({ ...json, message: json['message'] ?? json['error'] });
  }
  const message = json['message'] ?? json['msg'] ?? json['detail'];
  if (typeof message !== 'string' || 'candidates' in json) return null;
  const code = json['code'] ?? json['status'];
  // Gateways answer `code: 0` or 200 to what went well.
  const isBare = code !== undefined && code !== null && Number(code) !== 0 && Number(code) !== 200;
  return isBare || expected ? readFields({ ...json, message }) : null;
}

function readFields(error: Fields): ProviderError {
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const codes = [error['status'], error['code'], error['type'], ...details.map((d) => d['reason'])]
    .filter((code) => typeof code === 'string')
    .map((code) => code.slice(0, MESSAGE_LENGTH));
  const message = typeof error['message'] === 'string' ? error['message'] : '';
  return {
    status: statusOf(error, codes),
    codes,
    message: message.slice(0, MESSAGE_LENGTH),
    retryAfterMs: retryDelay(details) ?? delayInWords(message),
  };
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

/** `"retryDelay": "34.4s"` in a detail of the type RetryInfo. */
function retryDelay(details: Fields[]): number | null {
  for (const detail of details) {
    const delay = detail['retryDelay'];
    if (typeof delay !== 'string') continue;
    const seconds = Number(/^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1]);
    if (!Number.isNaN(seconds)) return Math.ceil(seconds * 1_000);
  }
  return null;
}

function delayInWords(message: string): number | null {
  const seconds = Number(/retry in (\d+(?:\.\d+)?) ?s/i.exec(message.slice(0, 4_000))?.[1]);
  return Number.isNaN(seconds) ? null : Math.ceil(seconds * 1_000);
}

/** The header's two forms: seconds, or a date. Null when it is neither. */
export function parseRetryAfter(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  if (/^\d+(\.\d+)?$/.test(header.trim())) return Math.ceil(Number(header) * 1_000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
