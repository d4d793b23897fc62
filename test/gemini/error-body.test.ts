import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import { startClient } from './support/client.ts';
import type { Answerer } from './support/model-server.ts';
import { json } from './support/wire-shapes.ts';

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

  it('is left at once by a cancel', async () => {
    const abort = new AbortController();
    const cancelled = new Failure('cancelled', 'by the test');
    const { generate } = await client((response) => {
      response.writeHead(400).write(wrongKey, () => abort.abort(cancelled));
    });
    expect((await generate({}, { signal: abort.signal })).failure).toBe(cancelled);
  });
});
