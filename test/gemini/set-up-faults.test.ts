import { afterEach, describe, expect, it } from 'vitest';
import { classifyProviderError } from '../../src/gemini/errors/classify.ts';
import { readErrorBody } from '../../src/gemini/errors/error-body.ts';
import { readProviderError } from '../../src/gemini/errors/provider-error.ts';
import { startClient } from './support/client.ts';
import { readText } from './support/read.ts';
import { event, json } from './support/wire-shapes.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function failureOf(status: number, body: unknown) {
  return classifyProviderError(readErrorBody(status, JSON.stringify(body)), (words) => words);
}

const LOCATION = 'User location is not supported for the API use. (request id: 1)';
const LEAKED = 'Your API key was reported as leaked. Please use another API key.';
const NOT_ENABLED =
  'Generative Language API has not been used in project 123 before or it is disabled. Enable it by visiting https://example.com then retry.';
const NO_PERMISSION =
  "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/p/locations/global/publishers/google/models/gemini-3-pro-image' (or it may not exist).";

/** Each is the same fault whatever status a gateway gives to it. */
const FAULTS: [problem: string, statuses: number[], message: string][] = [
  ['precondition', [400, 403, 422, 500, 502], LOCATION],
  [
    'precondition',
    [400, 403, 500],
    'Gemini API error: User location is not supported for the API use.',
  ],
  ['precondition', [403, 500], 'Country, region, or territory not supported'],
  ['precondition', [403, 500], '当前地区不支持访问该模型'],
  ['precondition', [400, 403, 500], 'Sorry, your region is not supported'],
  ['key', [400, 403, 500, 502], `upstream: 403 ${LEAKED}`],
  ['key', [400, 401, 500], 'status_code=400, API key not found. Please pass a valid API key.'],
  ['key', [401, 500], 'Invalid API key provided: sk-x***y'],
  ['key', [401, 500], '令牌无效'],
  ['key', [400, 403, 500, 502], LEAKED],
  [
    'key',
    [400, 401, 403, 500],
    'Gemini API error: API key not valid. Please pass a valid API key. (request id: 1)',
  ],
  ['key', [400, 403, 500], 'API key expired. Please renew the API key.'],
  ['forbidden', [403, 500], NOT_ENABLED],
  ['forbidden', [403, 404, 500], NO_PERMISSION],
  [
    'balance',
    [403, 429, 500],
    'This API method requires billing to be enabled. Please enable billing on project #1.',
  ],
  ['balance', [403, 429, 500], 'Your account is not active, billing_not_active'],
  ['balance', [403, 500], '账户欠费，请充值'],
  ['balance', [500], '预扣费额度失败, 用户剩余额度: 0.01'],
];

describe('a fault of the set-up that a gateway passes on', () => {
  it.each(FAULTS)('is misconfigured/%s with HTTP %j: %s', (problem, statuses, message) => {
    for (const status of statuses) {
      const { kind, details } = failureOf(status, {
        error: { message, type: 'upstream_error', param: '', code: status },
      });
      expect([status, kind, details.problem]).toEqual([status, 'misconfigured', problem]);
    }
  });

  it.each([
    ['SERVICE_DISABLED', 'forbidden'],
    ['IAM_PERMISSION_DENIED', 'forbidden'],
    ['API_KEY_SERVICE_BLOCKED', 'forbidden'],
    ['API_KEY_IP_ADDRESS_BLOCKED', 'forbidden'],
    ['CONSUMER_SUSPENDED', 'forbidden'],
    ['BILLING_DISABLED', 'balance'],
    ['API_KEY_INVALID', 'key'],
    ['unsupported_country_region_territory', 'precondition'],
  ])('is known by its name: %s', (reason, problem) => {
    for (const status of [400, 403, 500]) {
      const named = failureOf(status, { error: { message: 'no', details: [{ reason }] } });
      expect([named.kind, named.details.problem]).toEqual(['misconfigured', problem]);
    }
  });

  it('is a model that is gone, or another address, with HTTP 410', () => {
    expect(failureOf(410, { error: { message: 'The model x was retired.' } }).details.problem).toBe(
      'unknown_model',
    );
    expect(failureOf(410, {}).details.problem).toBe('address');
  });

  it('is a quota of nothing at Vertex, not one that frees', () => {
    const vertex = {
      error: {
        code: 429,
        message:
          "Quota exceeded for quota metric 'Generate Content API requests per minute' and limit 'GenerateContent request limit per minute for a region' of service 'generativelanguage.googleapis.com' for consumer 'project_number:1'.",
        status: 'RESOURCE_EXHAUSTED',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'RATE_LIMIT_EXCEEDED',
            domain: 'googleapis.com',
            metadata: { quota_limit_value: '0' },
          },
        ],
      },
    };
    expect(failureOf(429, vertex)).toMatchObject({
      kind: 'misconfigured',
      details: { problem: 'quota' },
    });
    const some = JSON.parse(JSON.stringify(vertex).replace('"0"', '"10"'));
    expect(failureOf(429, some)).toMatchObject({ kind: 'busy' });
  });

  it.each([
    [400, 'Could not draw "User location is not supported for the API use."'],
    [400, 'Not allowed: “Your API key was reported as leaked.”'],
    [400, 'a sign: api key not valid here, in neon'],
    [400, 'The aspect ratio is not supported in this size'],
  ])('is none where a complaint about the request quotes it (%i): %s', (status, message) => {
    expect(failureOf(status, { error: { message, type: 'invalid_request_error' } }).kind).toBe(
      'rejected',
    );
  });
});

describe('an answer of HTTP 200 that is nothing but a code, or a code and a message', () => {
  it.each([
    [{ code: 'rate_limit', message: '当前模型负载过高，请稍后重试', data: null }, 'busy'],
    [{ code: '429', message: 'slow down' }, 'busy'],
    [{ code: 'TooManyRequests', msg: 'slow down' }, 'busy'],
    [{ code: 'throttling', message: 'slow down' }, 'busy'],
    [{ code: 'system_busy', message: 'later' }, 'busy'],
    [{ code: 'quota_exceeded', message: 'later' }, 'busy'],
    [{ error_code: 'server_busy', error_msg: 'later' }, 'busy'],
    [{ errcode: 503, errmsg: 'later' }, 'busy'],
    [{ status_code: '503', status_msg: 'later' }, 'busy'],
    [{ code: 'insufficient_balance', message: 'no' }, 'misconfigured'],
    [{ code: 'invalid_api_key', message: 'no' }, 'misconfigured'],
    [{ code: '401', message: 'no' }, 'misconfigured'],
    [{ code: 'invalid_request', message: 'no' }, 'rejected'],
    [{ message: 'Gemini API error: IMAGE_SAFETY' }, 'refused_image'],
    [{ code: 'rate_limit' }, 'busy'],
    [{ code: 'rate_limit', data: null }, 'busy'],
    [{ code: 429 }, 'busy'],
    [{ status: 503 }, 'busy'],
    [{ success: false }, 'busy'],
    [{ state: 'failed' }, 'busy'],
    [{ error: true, message: 'no' }, 'busy'],
    [{ errors: [{ message: 'overloaded' }] }, 'busy'],
    [{ data: { error: { code: 503, message: 'later' } } }, 'busy'],
    [{ response: { error: { code: 503, message: 'later' } } }, 'busy'],
    [{ code: 'invalid_api_key' }, 'misconfigured'],
    [{ code: 'NO_IMAGE' }, 'no_image'],
    [{ status: 'FAILED', reason: 'IMAGE_SAFETY' }, 'refused_image'],
  ])('is an error: %j', async (body, kind) => {
    for (const text of [json(body), event(body), JSON.stringify(body, null, 2)]) {
      expect((await readText(text)).failure?.kind).toBe(kind);
    }
  });

  it.each(['processing', 'queued', 'pending', 'running', 'success', 'ok', 'submitted', '200', 0])(
    'is none where the code tells how things go: %j',
    (code) => {
      expect(readProviderError({ code, message: 'wait' })).toBeNull();
      expect(readProviderError({ code })).toBeNull();
    },
  );
});

describe('a limit of a day', () => {
  const message =
    'You exceeded your current quota.\n* Quota exceeded for metric: generate_requests_per_model_per_day, limit: 250\nPlease retry in 13h22m41.5s.';
  const retryInfo = {
    '@type': 'type.googleapis.com/google.rpc.RetryInfo',
    retryDelay: '48161s',
  };
  const ofADay = {
    error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details: [retryInfo] },
  };

  it('is asked once, and told with the time of the provider', async () => {
    const client = await startClient((response) => response.writeHead(429).end(json(ofADay)));
    cleanups.push(client.close);
    expect((await client.generate()).failure).toMatchObject({
      kind: 'busy',
      details: { problem: 'daily_limit', retryAfterMs: 48_161_000, attempts: 1 },
    });
    expect(client.server.requests).toHaveLength(1);
  });

  it.each([
    ['its sentence', { message }],
    ['a time in words alone', { message: 'daily limit reached, try again in 5 hours' }],
    ['no time at all', { message: 'requests per day: 250 of 250' }],
    ['Chinese', { message: '今日次数已达上限' }],
    ['a code', { message: 'no', errors: [{ reason: 'dailyLimitExceeded' }] }],
    [
      'the name of the quota',
      {
        message: 'Quota exceeded.',
        details: [
          { violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }] },
          retryInfo,
        ],
      },
    ],
    [
      'the unit of the quota',
      { message: 'Quota exceeded.', details: [{ metadata: { quota_unit: '1/d/{project}' } }] },
    ],
  ])('is known by %s', (_, error) => {
    expect(failureOf(429, { error }).details.problem).toBe('daily_limit');
  });

  it.each([
    ['it frees within seconds', { message, details: [{ retryDelay: '36s' }] }],
    ['it is of a minute', { message: 'requests per minute', details: [{ retryDelay: '36s' }] }],
  ])('is none where %s', (_, error) => {
    expect(failureOf(429, { error })).toMatchObject({
      kind: 'busy',
      details: { retryAfterMs: 36_000 },
    });
    expect(failureOf(429, { error }).details).not.toHaveProperty('problem');
  });
});

describe('a wait over the bound', () => {
  it.each([
    ['seconds in the header', { 'retry-after': '7200' }, {}, 7_200_000],
    ['a date in the header', { 'retry-after': 'Sat, 28 Nov 2026 02:00:00 GMT' }, {}, 7_200_000],
    ['hours, minutes and seconds', {}, { message: 'Please retry in 13h22m41.5s.' }, 48_161_500],
    ['minutes and seconds', {}, { message: 'Please try again in 6m30s.' }, 390_000],
    ['milliseconds', {}, { message: 'Please retry in 90000.5ms.' }, 90_001],
    ['days', {}, { message: 'retry after 2 days' }, 172_800_000],
    ['Chinese', {}, { message: '请 5 分钟后再试' }, 300_000],
    ['Chinese of two units', {}, { message: '请 8 小时 30 分钟后重试' }, 30_600_000],
    ['a wait in Chinese', {}, { message: '请求过多，请等待90秒' }, 90_000],
    [
      'units with words between',
      {},
      { message: 'Try again in 3 hours and 20 minutes' },
      12_000_000,
    ],
    ['a wait', {}, { message: 'Please wait 45 minutes before retrying' }, 2_700_000],
    ['a reset', {}, { message: 'The limit resets in 2 hours' }, 7_200_000],
    ['milliseconds of the gateway’s', {}, { message: 'no', retry_after_ms: 90_000 }, 90_000],
    ['a number of the gateway’s', {}, { message: 'no', retry_after: 120 }, 120_000],
    ['its text', {}, { message: 'no', retryAfter: '120' }, 120_000],
    ['a RetryInfo', {}, { message: 'no', details: [{ retryDelay: '3600s' }] }, 3_600_000],
  ])('is asked once: %s', async (_, headers, error, retryAfterMs) => {
    const client = await startClient(
      (response) => response.writeHead(429, headers).end(json({ error })),
      { now: () => Date.UTC(2026, 10, 28) },
    );
    cleanups.push(client.close);
    expect((await client.generate()).failure).toMatchObject({
      kind: 'busy',
      details: { retryAfterMs, attempts: 1 },
    });
    expect(client.server.requests).toHaveLength(1);
  });

  it.each([
    ['1'.repeat(90), {}],
    ['9e99', {}],
    ['-5', {}],
    ['', { message: `retry in ${'9'.repeat(80)}h` }],
    ['', { message: 'no', retry_after: 1e300 }],
    ['', { message: 'no', details: [{ retryDelay: { seconds: 1e300 } }] }],
  ])('is none where nobody can mean it (%#)', async (header, error) => {
    const client = await startClient((response) =>
      response.writeHead(429, header === '' ? {} : { 'retry-after': header }).end(json({ error })),
    );
    cleanups.push(client.close);
    expect((await client.generate()).failure?.details.retryAfterMs ?? 0).toBe(0);
    expect(client.server.requests).toHaveLength(3);
  });
});
