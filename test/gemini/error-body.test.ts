import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import { startClient } from './support/client.ts';
import type { Answerer } from './support/model-server.ts';
import { event, FOX, inline, json, parts } from './support/wire-shapes.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function client(answer: Answerer, errorTimeoutMs?: number) {
  const limits = errorTimeoutMs === undefined ? {} : { errorTimeoutMs };
  const started = await startClient(answer, { limits });
  cleanups.push(started.close);
  return started;
}

const wrongKey = json({
  error: {
    code: 400,
    message: 'No.',
    status: 'INVALID_ARGUMENT',
    details: [{ reason: 'API_KEY_INVALID' }],
  },
});

describe('the body of an error', () => {
  it('counts as far as it came when the connection breaks', async () => {
    const { generate } = await client((response) => {
      response.writeHead(400, { 'content-length': wrongKey.length + 100 });
      response.write(wrongKey, () => response.socket?.end());
    });
    expect((await generate()).failure).toMatchObject({
      kind: 'misconfigured',
      details: { problem: 'key' },
    });
  });

  it('counts as far as it came when it is left open', async () => {
    const { generate } = await client(
      (response) => void response.writeHead(400).write(wrongKey),
      50,
    );
    expect((await generate()).failure?.details.problem).toBe('key');
    const endless = await client((response) => {
      response.writeHead(503).write('<html>');
      const timer = setInterval(() => response.write('<p>'), 5);
      response.on('close', () => clearInterval(timer));
    }, 50);
    expect((await endless.generate()).failure).toMatchObject({ kind: 'busy' });
    expect(endless.server.requests).toHaveLength(3);
  });

  it('leaves the status and its header standing where nobody knows its encoding', async () => {
    const headers = { 'content-encoding': 'rot13', 'retry-after': '7' };
    const busy = await client((response) => void response.writeHead(429, headers).end('?'));
    expect((await busy.generate()).failure).toMatchObject({
      kind: 'busy',
      details: { status: 429, retryAfterMs: 7_000 },
    });
    expect(busy.waits).toHaveLength(2);
    const denied = await client((response) => void response.writeHead(401, headers).end('?'));
    expect((await denied.generate()).failure?.details.problem).toBe('key');
  });

  it('is no picture of the model’s where it echoes one of the request’s', async () => {
    const { generate, server } = await client((response) => {
      response.writeHead(503).end(event(parts(inline(FOX))));
    });
    const { failure, ends } = await generate();
    expect(failure?.kind).toBe('busy');
    expect(ends.some(({ mayBeCharged }) => mayBeCharged)).toBe(false);
    expect(server.requests).toHaveLength(3);
  });

  it('is left at once by a cancel', async () => {
    const abort = new AbortController();
    const cancelled = new Failure('cancelled', 'by the test');
    const { generate } = await client((response) => {
      response.writeHead(400).write(wrongKey, () => abort.abort(cancelled));
    });
    expect((await generate({}, { signal: abort.signal })).failure).toBe(cancelled);
  });
});
