import type { ModelEntry } from './catalogue.ts';
import type { DirectiveName, ParsedPrompt } from './directives.ts';
import {
  gatewayError,
  googleError,
  invalidKey,
  modelNotFound,
  type PlainAnswer,
  retryInfo,
} from './wire-error.ts';

/** The directives of a prompt that hold for one attempt. */
export interface ActiveDirectives {
  has(name: DirectiveName): boolean;
  /** The arguments, without a count of attempts at the end. */
  args(name: DirectiveName): readonly string[];
}

/** Directives whose last number is an argument of its own, never a count of attempts. */
const NUMBER_IS_ARGUMENT: ReadonlySet<DirectiveName> = new Set(['slow', 'bytes']);

/** A directive with a count at its end holds for the first so many attempts only. */
export function directivesAt(attempt: number, { directives }: ParsedPrompt): ActiveDirectives {
  const read = (name: DirectiveName): { present: boolean; args: readonly string[] } => {
    const given = directives.get(name);
    if (given === undefined) return { present: false, args: [] };
    const last = given.at(-1);
    const isCode = name === 'status' && given.length === 1;
    const isCount = last !== undefined && /^\d+$/.test(last);
    if (!isCount || isCode || NUMBER_IS_ARGUMENT.has(name)) return { present: true, args: given };
    return { present: attempt <= Number(last), args: given.slice(0, -1) };
  };
  return { has: (name) => read(name).present, args: (name) => read(name).args };
}

/** The plain HTTP answer that a prompt asks for in place of a stream, or null. */
export function failureAskedFor(
  directives: ActiveDirectives,
  model: ModelEntry,
): PlainAnswer | null {
  if (directives.has('busy'))
    return googleError(503, 'The model is overloaded. Please try again later.');
  if (directives.has('quota')) {
    const details = [retryInfo(1.5)];
    return googleError(429, 'Resource has been exhausted (e.g. check quota).', { details });
  }
  if (directives.has('retry-after')) {
    return googleError(503, 'The service is currently unavailable.', {
      headers: { 'Retry-After': '1' },
    });
  }
  if (directives.has('status')) {
    const status = Number(directives.args('status')[0]);
    const known = Number.isInteger(status) && status >= 400 && status <= 599;
    return gatewayError(known ? status : 500, 'upstream_error', 'The upstream answered an error.');
  }
  if (directives.has('html')) return proxyPage();
  if (directives.has('reject')) {
    return googleError(400, 'Request contains an invalid argument.');
  }
  if (directives.has('bad-key')) {
    const gateway = directives.args('bad-key').includes('gateway');
    return gateway ? gatewayError(401, 'invalid_token', 'Invalid token') : invalidKey();
  }
  if (directives.has('broke')) {
    return gatewayError(403, 'insufficient_user_quota', 'The user quota is not enough: $0.00 left');
  }
  if (directives.has('gone')) {
    const args = directives.args('gone');
    if (!model.preview && !args.includes('all')) return null;
    return args.includes('gateway')
      ? gatewayError(503, 'model_not_found', `No available channel for model ${model.id}`)
      : modelNotFound(model.id);
  }
  if (directives.has('error-200')) {
    const error = googleError(503, 'The model is overloaded. Please try again later.');
    return { ...error, status: 200, contentType: 'text/event-stream' };
  }
  return null;
}

function proxyPage(): PlainAnswer {
  return {
    status: 502,
    contentType: 'text/html; charset=utf-8',
    body: '<!doctype html>\n<html><head><title>502 Bad Gateway</title></head>\n<body><center><h1>502 Bad Gateway</h1></center></body></html>\n',
    headers: {},
  };
}
