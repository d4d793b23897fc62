import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import { startClient } from './support/client.ts';
import type { Answerer } from './support/model-server.ts';
import { event, parts } from './support/wire-shapes.ts';

let close = async () => {};
afterEach(() => close());

/** What each request may cost, as the client tells it. */
async function ends(answer: Answerer, options = {}) {
  const client = await startClient(answer);
  close = client.close;
  return (await client.generate({}, options)).ends;
}

const THOUGHT = event(parts({ text: 'Hmm.', thought: true }));
const refusal = (usage: object) =>
  event({ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: usage });

const sse =
  (...texts: string[]): Answerer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const text of texts) response.write(text);
    response.end();
  };

describe('a request that brought no picture', () => {
  it.each([
    ['429', (response) => void response.writeHead(429).end('{}')],
    ['503', (response) => void response.writeHead(503).end('{}')],
    ['400', (response) => void response.writeHead(400).end('{}')],
    ['401', (response) => void response.writeHead(401).end('{}')],
    ['a refusal of the prompt', sse(refusal({ promptTokenCount: 8, totalTokenCount: 8 }))],
    ['a refusal without a count', sse(refusal({}))],
  ] as [string, Answerer][])('is not charged for after %s', async (_, answer) => {
    const all = await ends(answer);
    expect(all.length).toBeGreaterThan(0);
    expect(all.every(({ mayBeCharged }) => !mayBeCharged)).toBe(true);
  });

  it.each([
    ['503 behind a thought', sse(THOUGHT, event({ error: { code: 503, message: 'busy' } }))],
    ['a refusal behind a thought', sse(THOUGHT, refusal({}))],
    [
      'a refusal that counts thoughts',
      sse(refusal({ promptTokenCount: 8, thoughtsTokenCount: 90, totalTokenCount: 98 })),
    ],
    ['an answer that breaks off', sse(THOUGHT)],
    ['an answer without anything', sse('')],
    ['an answer that cannot be read', sse('<html>hello</html>')],
    ['a line that breaks before any answer', (response) => void response.destroy()],
  ] as [string, Answerer][])('may be charged for after %s', async (_, answer) => {
    const all = await ends(answer);
    expect(all.length).toBeGreaterThan(0);
    expect(all.every(({ mayBeCharged }) => mayBeCharged)).toBe(true);
  });

  it('may be charged for where it was cancelled while the model worked, with what it told', async () => {
    const abort = new AbortController();
    const answer: Answerer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(THOUGHT + event({ usageMetadata: { promptTokenCount: 8 } }), () => {
        setTimeout(() => abort.abort(new Failure('cancelled', 'by the test')), 50);
      });
    };
    expect(await ends(answer, { signal: abort.signal })).toMatchObject([
      { kind: 'cancelled', mayBeCharged: true },
    ]);
  });

  it('is not charged for where nobody took the connection', async () => {
    const nobody = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => nobody.once('listening', resolve));
    const { port } = nobody.address() as { port: number };
    await new Promise((resolve) => nobody.close(resolve));
    const client = await startClient(() => {}, { baseUrl: new URL(`http://127.0.0.1:${port}`) });
    close = client.close;
    const { ends: all, failure } = await client.generate();
    expect(failure?.kind).toBe('busy');
    expect(all.map(({ mayBeCharged }) => mayBeCharged)).toEqual([false, false, false]);
  });
});
