/** An answer that is no stream: an HTTP status, a body, and how the body is labelled. */
export interface PlainAnswer {
  status: number;
  contentType: string;
  body: string;
  headers: Record<string, string>;
}

export interface GoogleErrorOptions {
  details?: unknown[];
  headers?: Record<string, string>;
}

/** Google's canonical status names by HTTP code, as in `google.rpc.Code`. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  405: 'UNIMPLEMENTED',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** The object that Google answers, also as an event in mid-stream. */
export function googleErrorBody(
  code: number,
  message: string,
  details?: unknown[],
): Record<string, unknown> {
  const status = STATUS_NAMES[code] ?? 'UNKNOWN';
  return { error: { code, message, status, ...(details === undefined ? {} : { details }) } };
}

/** An error as Google's own endpoint answers it. */
export function googleError(
  code: number,
  message: string,
  options: GoogleErrorOptions = {},
): PlainAnswer {
  return {
    status: code,
    contentType: 'application/json; charset=UTF-8',
    body: `${JSON.stringify(googleErrorBody(code, message, options.details), null, 2)}\n`,
    headers: options.headers ?? {},
  };
}

/** An error as gateways in front of Google answer it: `{ error: { message, type, code } }`. */
export function gatewayError(status: number, code: string, message: string): PlainAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify({ error: { message, type: 'gateway_error', param: '', code } }),
    headers: {},
  };
}

/** `google.rpc.BadRequest`: which field was wrong, and why. */
export function badRequest(field: string, description: string): PlainAnswer {
  const message = `Invalid value at '${field}': ${description}`;
  const details = [
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field, description }],
    },
  ];
  return googleError(400, message, { details });
}

/** `google.rpc.RetryInfo`, with the delay in the form that the real service uses (`"34.4s"`). */
export function retryInfo(seconds: number): object {
  return { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${seconds}s` };
}

/** What a wrong key gets at Google: a 400, not a 401. */
export function invalidKey(): PlainAnswer {
  return googleError(400, 'API key not valid. Please pass a valid API key.', {
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
        reason: 'API_KEY_INVALID',
        domain: 'googleapis.com',
        metadata: { service: 'generativelanguage.googleapis.com' },
      },
    ],
  });
}

export function modelNotFound(id: string): PlainAnswer {
  return googleError(
    404,
    `models/${id} is not found for API version v1beta, or is not supported for this method.`,
  );
}
