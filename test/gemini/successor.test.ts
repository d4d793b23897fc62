import { afterEach, describe, expect, it } from 'vitest';
import { startClient } from './support/client.ts';
import { type Answerer, stream } from './support/model-server.ts';
import { event, inline, json, OWL, parts, seedStream } from './support/wire-shapes.ts';

const PREVIEW = 'gemini-3.1-flash-image-preview';
const SUCCESSOR = 'gemini-3.1-flash-image';
const models = { flash: { id: PREVIEW }, pro: { id: 'pro-id' } };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const good = stream(seedStream(event));
const status =
  (code: number, body: unknown): Answerer =>
  (response) => {
    response.writeHead(code).end(typeof body === 'string' ? body : json(body));
  };
const unknown = status(404, {
  error: { code: 404, message: 'models/x is not found', status: 'NOT_FOUND' },
});
const noChannel = status(503, {
  error: { message: 'No available channel for model x', code: 'model_not_found' },
});

/** A provider that answers each id in its own way, which a test may change. */
async function provider(answers: Record<string, Answerer>) {
  const client = await startClient(
    (response, request, attempt) => {
      const id = /models\/([^:]+)/.exec(request.url)?.[1] ?? '';
      return (answers[id] ?? unknown)(response, request, attempt);
    },
    { models },
  );
  cleanups.push(client.close);
  const { server, lines } = client;
  return {
    ...client,
    answers,
    asked: () => server.requests.splice(0).map(({ url }) => /models\/([^:]+)/.exec(url)?.[1]),
    warnings: () => lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40),
  };
}

describe('the model’s successor', () => {
  it('is used once it has answered, with one warning', async () => {
    const { generate, asked, warnings } = await provider({ [SUCCESSOR]: good });
    const both = await Promise.all([generate({ id: 'g1' }), generate({ id: 'g2' })]);
    expect(both.map(({ outcome }) => outcome !== null)).toEqual([true, true]);
    expect(asked().sort()).toEqual([SUCCESSOR, SUCCESSOR, PREVIEW, PREVIEW]);
    await generate({ id: 'g3' });
    expect(asked()).toEqual([SUCCESSOR]);
    expect(warnings()).toMatchObject([{ before: PREVIEW, id: SUCCESSOR }]);
  });

  it('is not looked for where there is none', async () => {
    const { generate, asked, reported } = await provider({});
    const unknownModel = { kind: 'misconfigured', details: { problem: 'unknown_model' } };
    expect((await generate()).failure).toMatchObject(unknownModel);
    expect(asked()).toEqual([PREVIEW, SUCCESSOR]);
    const { kind: outcome, details } = unknownModel;
    expect(reported).toMatchObject([
      { outcome, ...details, followedBy: 'successor' },
      { outcome, ...details, followedBy: null },
    ]);
    expect((await generate({ model: 'pro' })).failure).toMatchObject(unknownModel);
    expect(asked()).toEqual(['pro-id']);
  });

  it('is forgotten where nobody knows it either, so that an outage passes', async () => {
    const client = await provider({ [PREVIEW]: noChannel, [SUCCESSOR]: noChannel });
    const { generate, asked, answers, waits, reported } = client;
    expect((await generate()).failure?.kind).toBe('busy');
    expect(reported).toMatchObject([
      { modelId: PREVIEW, outcome: 'busy', problem: 'unknown_model', followedBy: 'successor' },
      { modelId: SUCCESSOR, outcome: 'busy', followedBy: 'retry' },
      { modelId: PREVIEW, outcome: 'busy', followedBy: null },
    ]);
    expect(asked()).toEqual([PREVIEW, SUCCESSOR, PREVIEW]);
    expect(waits).toEqual([4_000]);
    answers[PREVIEW] = good;
    expect((await generate()).outcome).not.toBeNull();
    expect(asked()).toEqual([PREVIEW]);
    expect(client.warnings()).toEqual([]);
  });

  it('stands in for a model whose servers are down, and gives way to it again', async () => {
    const client = await provider({ [PREVIEW]: noChannel, [SUCCESSOR]: good });
    const { generate, asked, answers } = client;
    const { outcome, events } = await generate({ id: 'g1' });
    expect(outcome).not.toBeNull();
    expect(events).toContainEqual({ type: 'attempt', attempt: 2, after: 'busy' });
    answers[PREVIEW] = good;
    answers[SUCCESSOR] = unknown;
    expect((await generate({ id: 'g2' })).outcome).not.toBeNull();
    expect((await generate({ id: 'g3' })).outcome).not.toBeNull();
    expect(asked()).toEqual([PREVIEW, SUCCESSOR, SUCCESSOR, PREVIEW, PREVIEW]);
    expect(client.warnings().map(({ id }) => id)).toEqual([SUCCESSOR, PREVIEW]);
  });

  it('is asked again when it was only busy', async () => {
    let asked = 0;
    const busyOnce: Answerer = (...args) => (asked++ === 0 ? status(503, '') : good)(...args);
    const client = await provider({ [SUCCESSOR]: busyOnce });
    expect((await client.generate()).outcome).not.toBeNull();
    expect(client.asked()).toEqual([PREVIEW, SUCCESSOR, SUCCESSOR]);
  });

  it('does not hide that the model itself is only away for a while', async () => {
    const client = await provider({ [PREVIEW]: noChannel });
    expect((await client.generate()).failure).toMatchObject({
      kind: 'busy',
      details: { status: 503 },
    });
    expect(client.asked()).toEqual([PREVIEW, SUCCESSOR, PREVIEW]);
    expect(client.waits).toHaveLength(1);
  });

  it('is asked again where it is the one that is only away for a while', async () => {
    let asked = 0;
    const awayOnce: Answerer = (...args) => (asked++ === 0 ? noChannel : good)(...args);
    const client = await provider({ [SUCCESSOR]: awayOnce });
    expect((await client.generate()).outcome).not.toBeNull();
    expect(client.asked()).toEqual([PREVIEW, SUCCESSOR, SUCCESSOR]);
    client.answers[SUCCESSOR] = noChannel;
    expect((await client.generate({ id: 'g2' })).failure?.kind).toBe('busy');
  });

  it('is not asked for what was begun to be paid for', async () => {
    const draft = event(parts({ thought: true, ...inline(OWL) }));
    const gone = { error: { code: 404, message: 'models/x is not found', status: 'NOT_FOUND' } };
    const { generate, asked } = await provider({
      [PREVIEW]: stream(draft + event(gone)),
      [SUCCESSOR]: good,
    });
    const { failure, ends } = await generate();
    expect(failure?.details.problem).toBe('unknown_model');
    expect(ends).toMatchObject([{ mayBeCharged: true }]);
    expect(asked()).toEqual([PREVIEW]);
  });

  it('is not tried where the address is wrong', async () => {
    const { generate, asked } = await provider({ [PREVIEW]: status(404, '<html>404</html>') });
    expect((await generate()).failure?.details).toMatchObject({ problem: 'address', status: 404 });
    expect(asked()).toEqual([PREVIEW]);
  });
});
