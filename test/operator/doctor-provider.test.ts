import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import type { Finding } from '../../src/operator/doctor/finding.ts';
import { checkProvider } from '../../src/operator/doctor/provider.ts';

const PREVIEW = 'gemini-3.1-flash-image-preview';
const SUCCESSOR = 'gemini-3.1-flash-image';

/** A status, and a body that goes out as it is, or as JSON. */
type Answer = [status: number, body: unknown];

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** What the doctor finds of Flash where a server answers each id like this. */
async function examine(answer: Answer | ((id: string) => Answer)): Promise<Finding | undefined> {
  const server = createServer((request, response) => {
    const id = /models\/([^:]+)/.exec(request.url ?? '')?.[1] ?? '';
    const [status, body] = typeof answer === 'function' ? answer(id) : answer;
    request.resume().on('end', () => {
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const { port } = server.address() as AddressInfo;
  const config = loadConfig({
    DISCORD_TOKEN: 'a.discord.token',
    ANYFAST_API_KEY: 'sk-key',
    ANYFAST_BASE_URL: `http://127.0.0.1:${port}`,
    ALLOWED_MODELS: 'flash',
  });
  return (await checkProvider(config))[0];
}

const google = (code: number, status: string, message: string): Answer => [
  code,
  { error: { code, message, status } },
];
const gateway = (status: number, message: string, code: string): Answer => [
  status,
  { error: { message, type: 'new_api_error', code } },
];
const noContents = google(400, 'INVALID_ARGUMENT', '* contents is not specified');
const noChannel = gateway(503, 'No available channel for model x', 'model_not_found');
const PAGE = '<!doctype html><title>Log in</title>';

describe('the provider', () => {
  it.each([
    [noContents],
    [gateway(400, 'contents is required (request id: 1)', 'invalid_request')],
    [gateway(400, 'field contents is required', '')],
    [gateway(500, JSON.stringify(noContents[1]), 'bad_response_status_code')],
  ] as [Answer][])('is green where it says what an empty request lacks: %j', async (answer) => {
    expect(await examine(answer)).toMatchObject({ colour: 'green' });
  });

  it.each([
    ...[200, 400, 404, 405, 413, 418, 422].map((status): [Answer] => [[status, PAGE]]),
    ...[400, 405, 413, 418, 422].map((status): [Answer] => [[status, { message: 'nope' }]]),
    [[404, { detail: 'Not Found' }]],
    [[404, { error: { message: 'Invalid URL (POST /v1/v1beta)', type: 'invalid_request_error' } }]],
    [[200, { message: 'hello' }]],
    [[200, '']],
  ] as [Answer][])('is red where something else answers: %j', async (answer) => {
    const finding = await examine(answer);
    expect(finding?.colour).toBe('red');
    expect(finding?.message).toContain('not the model’s API');
    expect(finding?.message).not.toContain('<');
    expect(finding?.hint).toContain('ANYFAST_BASE_URL');
  });

  it('is yellow where a model is gone and its successor answers', async () => {
    for (const gone of [google(404, 'NOT_FOUND', 'models/x is not found'), noChannel]) {
      const finding = await examine((id) => (id === SUCCESSOR ? noContents : gone));
      expect(finding?.colour).toBe('yellow');
      expect(finding?.hint).toContain(`FLASH_MODEL_ID=${SUCCESSOR}`);
    }
  });

  it('is red where nobody serves a model, for now or for good', async () => {
    for (const gone of [google(404, 'NOT_FOUND', 'models/x is not found'), noChannel]) {
      const finding = await examine(gone);
      expect(finding?.colour).toBe('red');
      expect(finding?.message).toContain(PREVIEW);
      expect(finding?.hint).toContain('FLASH_MODEL_ID');
    }
  });

  it.each([
    [google(400, 'INVALID_ARGUMENT', 'API key not valid.'), 'ANYFAST_API_KEY'],
    [gateway(403, '该令牌额度已用尽', ''), 'Top up'],
    [gateway(500, '模型 x 倍率或价格未配置', 'model_price_error'), 'price'],
    [[302, ''], 'ANYFAST_BASE_URL'],
  ] as [Answer, string][])(
    'is red where it refuses, with what to do: %j',
    async (answer, advice) => {
      const finding = await examine(answer);
      expect(finding?.colour).toBe('red');
      expect(finding?.hint).toContain(advice);
    },
  );

  it('is yellow where it cannot tell now, or answers what nobody asked', async () => {
    const answers: Answer[] = [
      [503, PAGE],
      [429, ''],
      [200, { candidates: [] }],
      [200, 'data: {"candidates":[]}\n\ndata: {"usageMetadata":{}}\n\n'],
    ];
    for (const answer of answers) expect(await examine(answer)).toMatchObject({ colour: 'yellow' });
  });
});
