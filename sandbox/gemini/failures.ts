import type { ModelEntry } from './catalogue.ts';
import {
  gatewayError,
  googleError,
  invalidKey,
  modelNotFound,
  type PlainAnswer,
  retryInfo,
} from './wire-error.ts';
import type { SpokenWords, WordName } from './words.ts';

/** What a prompt's words ask for at this attempt. */
export interface Wishes {
  has(name: WordName): boolean;
  /** The arguments, without a count of attempts at the end. */
  args(name: WordName): readonly string[];
}

/** Words whose last number is an argument of its own, never a count of attempts. */
const NUMBER_IS_ARGUMENT: ReadonlySet<WordName> = new Set(['slow', 'bytes']);

/** A word with a count at its end is there for the first so many attempts only. */
export function wishesAt(attempt: number, { words }: SpokenWords): Wishes {
  const read = (name: WordName): { present: boolean; args: readonly string[] } => {
    const given = words.get(name);
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
export function failureAskedFor(wishes: Wishes, model: ModelEntry): PlainAnswer | null {
  if (wishes.has('busy'))
    return googleError(503, 'The model is overloaded. Please try again later.');
  if (wishes.has('quota')) {
    const details = [retryInfo(1.5)];
    return googleError(429, 'Resource has been exhausted (e.g. check quota).', { details });
  }
  if (wishes.has('retry-after')) {
    return googleError(503, 'The service is currently unavailable.', {
      headers: { 'Retry-After': '1' },
    });
  }
  if (wishes.has('status')) {
    const status = Number(wishes.args('status')[0]);
    const known = Number.isInteger(status) && status >= 400 && status <= 599;
    return gatewayError(known ? status : 500, 'upstream_error', 'The upstream answered an error.');
  }
  if (wishes.has('html')) return proxyPage();
  if (wishes.has('reject')) {
    return googleError(400, 'Request contains an invalid argument.');
  }
  if (wishes.has('bad-key')) {
    const gateway = wishes.args('bad-key').includes('gateway');
    return gateway ? gatewayError(401, 'invalid_token', 'Invalid token') : invalidKey();
  }
  if (wishes.has('broke')) {
    return gatewayError(403, 'insufficient_user_quota', 'The user quota is not enough: $0.00 left');
  }
  if (wishes.has('gone')) {
    const args = wishes.args('gone');
    if (!model.preview && !args.includes('all')) return null;
    return args.includes('gateway')
      ? gatewayError(503, 'model_not_found', `No available channel for model ${model.id}`)
      : modelNotFound(model.id);
  }
  if (wishes.has('error-200')) {
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
