import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../../src/domain.ts';
import { classifyProviderError } from '../../../src/gemini/errors/classify.ts';
import { readErrorBody } from '../../../src/gemini/errors/error-body.ts';
import { readProviderError } from '../../../src/gemini/errors/provider-error.ts';

/** What an answer of this status and body comes to. */
function failureOf(status: number, body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return classifyProviderError(readErrorBody(status, text), (words) => words);
}

const google = (code: number, status: string, message: string) => ({
  error: { code, message, status },
});
const gateway = (message: string, code = '') => ({
  error: { message, type: 'new_api_error', code },
});

describe('an error of the provider', () => {
  it.each<[FailureKind, string | undefined, number, unknown]>([
    // Google says these with the status of what passes, and they do not pass.
    [
      'misconfigured',
      'balance',
      429,
      google(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted. Please go to …'),
    ],
    [
      'misconfigured',
      'balance',
      429,
      google(429, 'RESOURCE_EXHAUSTED', 'Your project has exceeded its monthly spending cap.'),
    ],
    [
      'misconfigured',
      'balance',
      429,
      google(
        429,
        'RESOURCE_EXHAUSTED',
        'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: free_tier_requests, limit: 0, model: x\nPlease retry in 38.4s.',
      ),
    ],
    [
      'busy',
      undefined,
      429,
      google(429, 'RESOURCE_EXHAUSTED', 'You exceeded your current quota, limit: 0.5, model: x'),
    ],
    ['misconfigured', 'balance', 403, gateway('[sk-x***y] 该令牌额度已用尽')],
    ['misconfigured', 'balance', 401, gateway('该令牌额度已用尽 TokenStatusExhausted[sk-x***y]')],
    ['misconfigured', 'balance', 403, gateway('用户额度不足', 'insufficient_user_quota')],
    // A complaint about the request may quote it, and speaks of tokens and models, too.
    [
      'rejected',
      undefined,
      400,
      google(400, 'INVALID_ARGUMENT', 'Not allowed: "a cheque, stamped insufficient funds".'),
    ],
    ['rejected', undefined, 400, gateway('bad prompt: 一张写着余额不足的纸, 价格未配置')],
    ['misconfigured', 'balance', 400, gateway('no', 'insufficient_user_quota')],
    ['misconfigured', 'balance', 400, gateway('Insufficient balance.', 'invalid_request')],
    ['misconfigured', 'price', 400, gateway('no', 'model_price_error')],
    [
      'rejected',
      undefined,
      400,
      google(400, 'INVALID_ARGUMENT', 'Invalid token count: 200000 exceeds the maximum'),
    ],
    [
      'rejected',
      undefined,
      400,
      google(400, 'INVALID_ARGUMENT', 'The model does not support this ratio: file not found'),
    ],
    [
      'misconfigured',
      'key',
      400,
      google(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.'),
    ],
    ['misconfigured', 'key', 400, gateway('no', 'invalid_api_key')],
    ['misconfigured', 'key', 401, gateway('无效的令牌')],
    ['misconfigured', 'unknown_model', 400, gateway('no', 'model_not_found')],
    [
      'misconfigured',
      'unknown_model',
      404,
      google(404, 'NOT_FOUND', 'models/x is not found for API version v1beta'),
    ],
    // A gateway says so of a model whose servers are all down, as of one that it does not have.
    [
      'busy',
      'unknown_model',
      503,
      gateway('No available channel for model x under group Direct', 'model_not_found'),
    ],
    ['busy', 'unknown_model', 503, gateway('当前分组 default 下对于模型 x 无可用渠道')],
    ['misconfigured', 'price', 500, gateway('模型 x 倍率或价格未配置', 'model_price_error')],
    // Whoever speaks of no model is another server, or another folder of the same.
    ['misconfigured', 'address', 404, '<html><h1>404 Not Found</h1></html>'],
    ['misconfigured', 'address', 404, gateway('Invalid URL (POST /x/v1beta/…)')],
    ['misconfigured', 'address', 405, ''],
    ['misconfigured', 'forbidden', 403, gateway('This token has no access to model x')],
    ['busy', undefined, 403, gateway('Rate limit exceeded', 'rate_limit_exceeded')],
    [
      'refused_prompt',
      undefined,
      400,
      google(
        400,
        'INVALID_ARGUMENT',
        "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices.",
      ),
    ],
    ['refused_prompt', undefined, 500, gateway('no', 'sensitive_words_detected')],
  ])('is %s (%s): %j %j', (kind, problem, status, body) => {
    const failure = failureOf(status, body);
    expect([failure.kind, failure.details.problem]).toEqual([kind, problem]);
  });

  it('means what the error inside of it means', () => {
    const inner = google(400, 'INVALID_ARGUMENT', 'Ratio 7:3 is not supported.');
    const passedOn = [
      { error: inner },
      { error: { error: inner, code: 'bad_response', type: 'upstream_error' } },
      gateway(JSON.stringify(inner), 'bad_response_status_code'),
      gateway(`upstream error: ${JSON.stringify([inner])}`),
      { error: JSON.stringify(inner) },
      gateway(JSON.stringify(gateway(JSON.stringify(inner)))),
    ];
    for (const body of passedOn) {
      const { kind, details } = failureOf(500, body);
      expect(kind).toBe('rejected');
      expect(details).toMatchObject({ status: 400, words: 'Ratio 7:3 is not supported.' });
    }
  });

  it('is never told raw, and never endless', () => {
    for (const message of [
      '{"error": {"code": 40',
      '{"a":1}',
      '<!doctype html><title>502',
      '[{}',
    ]) {
      expect(failureOf(502, gateway(message)).details).not.toHaveProperty('words');
    }
    expect(failureOf(500, `${'{"error":'.repeat(7_000)}1${'}'.repeat(7_000)}`).kind).toBe('busy');
    expect(failureOf(500, '['.repeat(7_000) + ']'.repeat(7_000)).kind).toBe('busy');
  });
});

describe('the body of an error of HTTP', () => {
  const busy = JSON.stringify(google(429, 'RESOURCE_EXHAUSTED', 'Later.'));
  it.each([
    ['JSON', busy],
    ['JSON behind blanks', ` \r\n${busy}`],
    ['an event', `data: ${busy}\n\n`],
    ['an event with its name', `event: error\r\n data:${busy}\n`],
  ])('is read as %s', (_, text) => {
    expect(readErrorBody(400, text)).toMatchObject({ status: 429, message: 'Later.' });
  });

  it('is read in time that grows with its length alone', () => {
    for (const text of [' '.repeat(1_000_000), `event:\n${'\n'.repeat(1_000_000)}`]) {
      expect(readErrorBody(503, text)).toMatchObject({ status: 503, message: '' });
    }
  });
});

describe('a bare message', () => {
  it.each([
    { status: 'processing', message: 'queued' },
    { code: 'pending', message: 'wait' },
    { code: 0, message: 'success' },
    { code: 200, msg: 'ok' },
    { code: 100, msg: 'go on' },
    { success: true, message: 'ok' },
    { message: 'hello' },
  ])('is none where it tells how things go: %j', (json) => {
    expect(readProviderError(json)).toBeNull();
    expect(readProviderError(json, true)).not.toBeNull();
  });

  it.each([
    { code: 503, message: 'later' },
    { code: '429', msg: 'later' },
    { code: -1, msg: 'no' },
    { status: 'UNAVAILABLE', message: 'later' },
    { status: 'failed', message: 'no' },
    { code: 'insufficient_user_quota', message: 'no' },
    { success: false, message: 'no' },
    { type: 'error', message: 'no' },
  ])('is one where it names an error: %j', (json) => {
    expect(readProviderError(json)).not.toBeNull();
  });
});

describe('a wish to be left alone', () => {
  it('is looked for no further than any delay is written', () => {
    for (const retryDelay of [`${' '.repeat(100)}9s`, '1'.repeat(1_000_000)]) {
      const error = readProviderError({ error: { code: 429, details: [{ retryDelay }] } });
      expect(error?.retryAfterMs).toBeNull();
    }
  });

  it.each([
    ['34.4s', 34_400],
    ['0.5s', 500],
    [{ seconds: 9 }, 9_000],
    [{ seconds: '9', nanos: 500_000_000 }, 9_500],
    ['soon', null],
    [{ seconds: 'soon' }, null],
  ])('is read in a detail: %j', (delay, retryAfterMs) => {
    for (const detail of [{ retryDelay: delay }, { retry_delay: delay }]) {
      const error = readProviderError({ error: { code: 429, details: [{}, detail] } });
      expect(error?.retryAfterMs).toBe(retryAfterMs);
    }
  });

  it.each([
    ['Please retry in 34.074824224s.', 34_075],
    ['Please retry in 1m5.2s.', 65_200],
    ['Please retry in 500.5ms.', 501],
    ['Retry after 5 minutes.', 300_000],
    ['retry in 2 hours 3 seconds', 7_203_000],
    ['retry in 3 sessions', null],
    ['retry in a while', null],
  ])('is read in words: %s', (message, retryAfterMs) => {
    expect(readProviderError({ error: { message } })?.retryAfterMs).toBe(retryAfterMs);
  });
});
