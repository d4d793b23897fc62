import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import type { GeminiDeps } from '../../src/gemini/gemini.ts';
import { startClient } from './support/client.ts';
import { type Answerer, startModelServer, stream } from './support/model-server.ts';
import { png } from './support/pictures.ts';
import {
  ended,
  event,
  FOX,
  INTERNAL,
  inline,
  json,
  OWL,
  parts,
  seedStream,
  THINKING,
} from './support/wire-shapes.ts';

type Client = Awaited<ReturnType<typeof startClient>>;
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function client(answer: Answerer, overrides?: Partial<GeminiDeps>): Promise<Client> {
  const started = await startClient(answer, overrides);
  cleanups.push(started.close);
  return started;
}

/** Answers the nth request with the nth answerer, and the last one from then on. */
const inTurn =
  (...answers: Answerer[]): Answerer =>
  (response, request, attempt) =>
    (answers[attempt - 1] ?? answers.at(-1))?.(response, request, attempt);
const status =
  (code: number, body: string, headers: Record<string, string> = {}): Answerer =>
  (response) => {
    response.writeHead(code, headers).end(body);
  };
const good = stream(seedStream(event));

describe('a generation', () => {
  it('ends with the picture on disk, and leaves no other file', async () => {
    const { generate, files } = await client(
      stream(
        event(parts({ thought: true, ...inline(OWL) })),
        event(parts(inline(OWL))),
        seedStream(event),
      ),
    );
    const { types, outcome } = await generate();
    expect(types).toEqual(['attempt', 'draft', 'image', 'thought', 'image', 'usage', 'outcome']);
    expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
    expect(outcome?.image).toMatchObject({
      mime: 'image/png',
      width: 64,
      height: 48,
      bytes: FOX.length,
    });
    expect(outcome?.usage).toEqual({
      promptTokens: 8,
      imageTokens: 1120,
      thoughtTokens: 264,
      totalTokens: 1392,
    });
    expect(await files()).toEqual(['g1.3.image.png']);
  });

  it('takes a picture of 20 MB in chunks of any size', async () => {
    const picture = png({ bytes: 20_000_000, width: 5504, height: 3072 });
    const text = Buffer.from(event(parts(inline(picture))));
    const chunks = [text.subarray(0, 7), text.subarray(7, 100_001), text.subarray(100_001)];
    const { generate, spool } = await client(stream(...chunks));
    const { outcome } = await generate();
    expect((await readFile(outcome?.image.path ?? '')).equals(picture)).toBe(true);
    expect(spool.usedBytes).toBe(picture.length);
  });

  it('keeps a flagged picture as the result where the stream finished without another', async () => {
    const { generate, files } = await client(
      stream(event(ended('STOP', { thought: true, ...inline(FOX) }))),
    );
    const { outcome } = await generate();
    expect(await files()).toEqual(['g1.1.image.png']);
    expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
  });

  it('is not asked for when its id cannot name a file', async () => {
    const { generate, server } = await client(good);
    expect((await generate({ id: '../g1' })).failure?.kind).toBe('internal');
    expect(server.requests).toEqual([]);
  });

  it('removes its files when its reader walks away', async () => {
    const { gemini, files } = await client(good);
    const request = {
      id: 'g1',
      model: 'pro',
      prompt: 'x',
      ratio: null,
      size: '2K',
      references: [],
    } as const;
    const signal = new AbortController().signal;
    for await (const { type } of gemini.generate({ ...request, references: [] }, { signal })) {
      if (type === 'image') break;
    }
    expect(await files()).toEqual([]);
  });
});

describe('another attempt', () => {
  it('follows what may pass, says so, and counts them all', async () => {
    const started: number[] = [];
    const { generate, waits, reported } = await client(
      inTurn(status(503, '<html>busy</html>'), stream(event(THINKING)), good),
    );
    const { events, outcome } = await generate(
      {},
      { beforeAttempt: async (n) => void started.push(n) },
    );
    expect(outcome).not.toBeNull();
    expect(started).toEqual([1, 2, 3]);
    expect(events.filter(({ type }) => type === 'waiting')).toEqual([
      { type: 'waiting', attempt: 1, delayMs: 2_000, kind: 'busy' },
      { type: 'waiting', attempt: 2, delayMs: 4_000, kind: 'cut' },
    ]);
    expect(waits).toEqual([2_000, 4_000]);
    const about = { type: 'model_attempt_ended', id: 'g1', model: 'flash', modelId: 'flash-id' };
    expect(reported).toMatchObject([
      { ...about, attempt: 1, outcome: 'busy', status: 503, followedBy: 'retry' },
      { ...about, attempt: 2, outcome: 'cut', status: 200, followedBy: 'retry' },
      { ...about, attempt: 3, outcome: 'ok', status: 200, followedBy: null },
    ]);
  });

  it('is not made after the third, also when some were made before a restart', async () => {
    const { generate, server } = await client(status(500, 'no'));
    expect((await generate()).failure?.kind).toBe('busy');
    expect(server.requests).toHaveLength(3);
    await generate({}, { attemptsBefore: 2 });
    expect(server.requests).toHaveLength(4);
    expect((await generate({}, { attemptsBefore: 3 })).failure).not.toBeNull();
    expect(server.requests).toHaveLength(4);
  });

  it('waits as long as it was asked to, by header or by RetryInfo, up to a minute', async () => {
    const retryInfo = {
      error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '34.4s' }] },
    };
    const { generate, waits } = await client(
      inTurn(status(429, '{}', { 'retry-after': '50' }), status(429, json([retryInfo])), good),
    );
    expect((await generate()).outcome).not.toBeNull();
    expect(waits[0]).toBeGreaterThanOrEqual(50_000);
    expect(waits[1]).toBeGreaterThanOrEqual(34_400);
    const later = await client(status(429, '{}', { 'retry-after': '61' }));
    const { failure } = await later.generate();
    expect(failure).toMatchObject({ kind: 'busy', details: { retryAfterMs: 61_000 } });
    expect(later.server.requests).toHaveLength(1);
  });

  it('is not made once an image byte has arrived, a draft’s included', async () => {
    const draft = event(parts({ thought: true, ...inline(OWL) }));
    for (const text of [
      draft + event(INTERNAL),
      draft.slice(0, 150),
      event(parts(inline(FOX))).slice(0, 150),
    ]) {
      const { generate, server, files } = await client(stream(text));
      const { failure } = await generate();
      expect(['busy', 'cut']).toContain(failure?.kind);
      expect(server.requests).toHaveLength(1);
      expect(await files()).toEqual([]);
    }
  });

  it.each([
    [
      status(400, json({ error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT' } })),
      'rejected',
    ],
    [status(401, ''), 'misconfigured'],
    [status(402, ''), 'misconfigured'],
    [status(403, '<html>'), 'misconfigured'],
    [status(404, ''), 'misconfigured'],
    [status(302, '', { location: 'https://elsewhere.example/' }), 'misconfigured'],
    [status(413, ''), 'rejected'],
    [stream(event({ promptFeedback: { blockReason: 'SAFETY' } })), 'refused_prompt'],
    [stream(event(ended('IMAGE_SAFETY'))), 'refused_image'],
    [stream(event(ended('STOP'))), 'no_image'],
  ] as [Answerer, string][])('is not made for what stays (%#)', async (answer, kind) => {
    const { generate, server } = await client(answer);
    expect((await generate()).failure?.kind).toBe(kind);
    expect(server.requests).toHaveLength(1);
  });

  it.each([429, 500, 502, 503, 504, 520, 524, 529])('is made for the status %s', async (code) => {
    const { generate, server } = await client(status(code, ''));
    expect((await generate()).failure).toMatchObject({ kind: 'busy', details: { status: code } });
    expect(server.requests).toHaveLength(3);
  });

  it('is made where there is no connection, or it breaks', async () => {
    const { generate, server } = await client(inTurn((response) => response.destroy(), good));
    expect((await generate()).outcome).not.toBeNull();
    const gone = await startModelServer(good);
    await gone.close();
    const offline = await client(good, { baseUrl: gone.baseUrl });
    expect((await offline.generate()).failure).toMatchObject({ kind: 'busy' });
    expect(server.requests).toHaveLength(2);
  });

  it('is not started when it could not begin before the deadline', async () => {
    const { generate, server } = await client(status(503, ''), { now: () => 1_000 });
    expect((await generate({}, { deadline: 2_500 })).failure?.kind).toBe('busy');
    expect(server.requests).toHaveLength(1);
  });
});

describe('patience', () => {
  it('ends at the idle limit, before the headers and behind them', async () => {
    const limits = { idleTimeoutMs: 50 };
    const silent = await client(() => {}, { limits });
    expect((await silent.generate()).failure).toMatchObject({ kind: 'timeout' });
    const stalled = await client((response) => void response.write(event(THINKING)), { limits });
    expect((await stalled.generate()).failure).toMatchObject({ kind: 'timeout' });
    expect(stalled.server.requests).toHaveLength(1);
  });

  it('ends at the whole limit', async () => {
    const { generate } = await client(() => {}, { limits: { wholeTimeoutMs: 50 } });
    expect((await generate()).failure).toMatchObject({
      kind: 'timeout',
      details: { problem: 'whole' },
    });
  });

  it('is short once the answer has said how it ends', async () => {
    const { generate } = await client(
      (response) => void response.write(event(ended('STOP', inline(FOX)))),
      { limits: { settledTimeoutMs: 20 } },
    );
    expect((await generate()).outcome?.usage).toBeNull();
  });
});

describe('an abort', () => {
  it.each(['cancelled', 'interrupted'] as const)(
    'closes the socket and throws its reason (%s)',
    async (kind) => {
      const closed = Promise.withResolvers<void>();
      const started = await client((response) => {
        response.on('close', closed.resolve);
        response.write(event(THINKING));
      });
      const abort = new AbortController();
      const reason = new Failure(kind, 'by the test');
      const { gemini } = started;
      const events = gemini.generate(
        { id: 'g1', model: 'flash', prompt: 'x', ratio: null, size: '1K', references: [] },
        { signal: abort.signal },
      );
      await events.next();
      await events.next();
      abort.abort(reason);
      await closed.promise;
      await expect(events.next()).rejects.toBe(reason);
    },
  );

  it('by a person removes a whole picture, by a restart keeps it for the next start', async () => {
    for (const kind of ['cancelled', 'interrupted'] as const) {
      const { gemini, files, spool } = await client(
        (response) => void response.write(event(parts(inline(FOX)))),
      );
      const abort = new AbortController();
      const request = {
        id: 'g7',
        model: 'flash',
        prompt: 'x',
        ratio: null,
        size: '1K',
        references: [],
      } as const;
      const events = gemini.generate({ ...request, references: [] }, { signal: abort.signal });
      while ((await events.next()).value?.type !== 'image');
      abort.abort(new Failure(kind, 'by the test'));
      await expect(events.next()).rejects.toMatchObject({ kind });
      expect(await files()).toEqual(kind === 'cancelled' ? [] : ['g7.1.image.png']);
      expect(await spool.find('g7')).toHaveLength(kind === 'cancelled' ? 0 : 1);
    }
  });

  it('ends a wait for the next attempt', async () => {
    const abort = new AbortController();
    const { generate, server } = await client(status(503, ''), {
      sleep: async () => abort.abort(new Failure('cancelled', 'by the test')),
    });
    expect((await generate({}, { signal: abort.signal })).failure?.kind).toBe('cancelled');
    expect(server.requests).toHaveLength(1);
  });
});

describe('the key', () => {
  it('stands in no error, no cause and no line of the log, whatever happens', async () => {
    const echo: Answerer = (response, { url }) =>
      response
        .writeHead(400)
        .end(json({ error: { message: `bad url ${url} the-secret&key`, code: url } }));
    const secret = /the-secret/;
    const answers: Answerer[] = [
      echo,
      (response) => response.destroy(),
      (response) => void response.socket?.end('HTTP/1.1 nonsense\r\n\r\n'),
      (response) =>
        void response.socket?.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
      stream(
        event({ error: { code: 500, message: 'the-secret&key', status: 'the-secret%26key' } }),
      ),
    ];
    for (const answer of answers) {
      const { generate, lines } = await client(answer);
      const { failure, events } = await generate();
      expect(failure).not.toBeNull();
      expect(inspect(failure, { depth: 10, showHidden: true })).not.toMatch(secret);
      expect(inspect(events, { depth: 10 })).not.toMatch(secret);
      expect(lines.join('')).not.toMatch(secret);
      expect(lines.join('')).not.toContain('a red fox');
    }
  });
});

describe('a reason of the provider', () => {
  const sentence = 'we refuse to draw: a red fox';

  it.each([
    stream(event(ended(`SAFETY ${sentence}`))),
    stream(event(ended(sentence))),
    stream(event({ promptFeedback: { blockReason: sentence } })),
    status(400, json({ error: { message: 'no', type: sentence, status: sentence } })),
  ])('is told only where it is a code, as a sentence may quote the prompt (%#)', async (answer) => {
    const { generate, lines } = await client(answer);
    const { failure } = await generate();
    expect(failure?.details).not.toHaveProperty('reason');
    expect(failure?.message).not.toContain('red fox');
    expect(lines.join('')).not.toContain('red fox');
  });

  it('decides about the failure all the same', async () => {
    const { generate } = await client(
      status(400, json({ error: { message: 'no', type: 'insufficient quota' } })),
    );
    expect((await generate()).failure?.details.problem).toBe('balance');
  });
});
