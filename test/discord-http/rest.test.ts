import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReplyRest } from '../../src/discord-http/rest.ts';
import type { BotEvent } from '../../src/events.ts';
import { sampleTarget } from '../support/samples.ts';
import { startWebhookServer } from '../support/webhook-server.ts';

let discord: Awaited<ReturnType<typeof startWebhookServer>>;
let rest: ReplyRest;

beforeEach(async () => {
  discord = await startWebhookServer();
  rest = new ReplyRest({ apiUrl: discord.apiUrl, botToken: 'bot-token' });
});
afterEach(() => discord.close());

/** What a write comes to when Discord, or whatever stands in between, answers it like this. */
async function outcomeOf(status: number, body: unknown, headers: Record<string, string> = {}) {
  const write = rest.editOriginal(sampleTarget(), { content: 'x' }).catch((error) => error);
  (await discord.next()).respond(status, body, headers);
  return await write;
}

const json = { 'content-type': 'application/json' };

describe('an answer that refuses', () => {
  it.each([
    ['nothing', ''],
    ['a page', '<html>'],
    ['null', 'null'],
    ['half an object', '{"code":'],
    ['a text', '"too large"'],
  ])('counts by its status where its JSON is %s', async (_, body) => {
    expect(await outcomeOf(413, body, json)).toMatchObject({ kind: 'too_large', status: 413 });
    expect(await outcomeOf(401, body, json)).toMatchObject({ kind: 'expired', status: 401 });
    expect(await outcomeOf(403, body, json)).toMatchObject({ kind: 'busy', status: 403 });
    expect(await outcomeOf(404, body, json)).toMatchObject({ kind: 'busy', status: 404 });
  });

  it.each([
    [408, '<html>', 'busy'],
    [403, '<html>', 'busy'],
    [302, '', 'busy'],
    [502, '<html>', 'busy'],
    [413, '<html>', 'too_large'],
    [400, { code: 40_005, message: 'Request entity too large' }, 'too_large'],
    [400, { code: 50_045, message: 'File uploaded exceeds the maximum size' }, 'too_large'],
    [403, { code: 40_333, message: 'internal network error' }, 'busy'],
    [400, { code: 20_009, message: 'Explicit content' }, 'rejected'],
    [403, { code: 50_013, message: 'Missing Permissions' }, 'rejected'],
    [404, { code: 10_008, message: 'Unknown Message' }, 'gone'],
    [404, { code: 10_015, message: 'Unknown Webhook' }, 'expired'],
  ])('%i with %j is %s', async (status, body, kind) => {
    expect(await outcomeOf(status, body)).toMatchObject({ kind, status });
  });

  it('leaves the bot its token, whoever says that it is unauthorized', async () => {
    const place = { channelId: '200000000000000001', messageId: '900000000000000001' };
    for (let attempt = 1; attempt <= 2; attempt++) {
      const write = rest.editInChannel(place, { content: 'x' }).catch((error) => error);
      const edit = await discord.next();
      expect(edit.headers.authorization).toBe('Bot bot-token');
      edit.respond(401, '<html>');
      expect(await write).toMatchObject({ kind: 'expired' });
    }
  });
});

describe('an answer that says 200 and is not Discord’s', () => {
  const NOT_A_MESSAGE: [string, number, unknown, Record<string, string>?][] = [
    ['a page', 200, '<html>Welcome to the hotel</html>'],
    ['a page that calls itself JSON', 200, '<html>', json],
    ['nothing', 200, ''],
    ['no content', 204, ''],
    ['half a message', 200, '{"id":"900000000000000001","embeds":[', json],
    ['other JSON', 200, { ok: true }],
    ['a list', 200, [{ id: '900000000000000001' }]],
    ['a text', 200, '"900000000000000001"', json],
    ['null', 200, 'null', json],
    ['an id that is no id', 201, { id: 1 }],
  ];
  const place = { channelId: '200000000000000001', messageId: '900000000000000001' };
  const writes: [string, () => Promise<unknown>][] = [
    ['an edit by token', () => rest.editOriginal(sampleTarget(), {})],
    ['a follow-up', () => rest.followUp(sampleTarget(), {})],
    ['an edit in a channel', () => rest.editInChannel(place, {})],
    ['a new message', () => rest.postInChannel({ ...place, nonce: 'n' }, {})],
    ['a message that is read', () => rest.readInChannel(place)],
  ];

  it.each(
    writes.flatMap(([what, write]) =>
      NOT_A_MESSAGE.map(([how, ...answer]) => [what, how, write, answer] as const),
    ),
  )('leaves %s undone: %s', async (_what, _how, write, [status, body, headers]) => {
    const outcome = write().catch((error: unknown) => error);
    (await discord.next()).respond(status, body, headers);
    expect(await outcome).toMatchObject({ name: 'ReplyError', kind: 'busy', status });
  });

  it.each([
    ['by token', () => rest.deleteOriginal(sampleTarget())],
    ['in a channel', () => rest.deleteInChannel(place)],
  ])('leaves a deletion undone (%s)', async (_, remove) => {
    const outcome = remove().catch((error: unknown) => error);
    (await discord.next()).respond(200, '<html>');
    expect(await outcome).toMatchObject({ kind: 'busy', status: 200 });
    const again = remove();
    (await discord.next()).respond(204, '');
    await again;
  });
});

describe('a rate limit', () => {
  it.each([
    ['its header', { message: 'x' }, { 'retry-after': '3' }, 3_000],
    ['its body alone', { message: 'x', retry_after: 3 }, {}, 3_000],
    ['neither', '<html>', {}, 250],
    ['a date', '<html>', { 'retry-after': 'Sat, 21 Nov 2026 10:00:00 GMT' }, 250],
    ['nonsense', { retry_after: 'soon' }, { 'x-ratelimit-reset-after': 'soon' }, 250],
  ])('is waited out by %s', async (_, body, headers, atLeastMs) => {
    const { kind, retryAfterMs } = await outcomeOf(429, body, headers as Record<string, string>);
    expect(kind).toBe('rate_limited');
    expect(retryAfterMs).toBeGreaterThanOrEqual(atLeastMs);
    expect(retryAfterMs).toBeLessThan(atLeastMs + 500);
  });
});

describe('an upload', () => {
  let folder: string;
  let path: string;
  const content = randomBytes(3_000_000);
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'darkroom-'));
    path = join(folder, 'picture.png');
    await writeFile(path, content);
    rejections.length = 0;
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    process.off('unhandledRejection', note);
    await rm(folder, { recursive: true });
  });

  const send = (by: ReplyRest, signal?: AbortSignal) => {
    const uploads = [
      { name: 'a.png', mime: 'image/png', path },
      { name: 'b.webp', mime: 'image/webp', bytes: new Uint8Array([1, 2, 3]) },
    ];
    return by.editOriginal(sampleTarget(), { content: 'two “files”' }, uploads, signal);
  };

  it('says its length and brings message and files as they are, each time it is sent', async () => {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const sent = send(rest);
      const edit = await discord.next();
      expect(Number(edit.headers['content-length'])).toBeGreaterThan(content.length);
      expect(edit.headers['transfer-encoding']).toBeUndefined();
      expect(edit.json).toEqual({ content: 'two “files”' });
      expect(edit.files.map(({ name, type }) => [name, type])).toEqual([
        ['a.png', 'image/png'],
        ['b.webp', 'image/webp'],
      ]);
      const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
      expect(hash(edit.files[0]?.bytes ?? Buffer.alloc(0))).toBe(hash(content));
      edit.respond(200);
      await sent;
    }
  });

  it('that is refused ends with an error that holds neither the token nor the picture', async () => {
    await writeFile(path, 'darkroom'.repeat(1_000));
    const sent = send(rest).catch((thrown: unknown) => thrown);
    (await discord.next()).respond(400, { message: 'Invalid Form Body', code: 50_035 });
    const error = await sent;
    expect(error).toMatchObject({ kind: 'rejected', status: 400, code: 50_035 });
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(everything).not.toContain(sampleTarget().interactionToken);
    expect(everything).not.toContain('darkroomdarkroom');
  });

  it.each([
    ['broken', 'busy'],
    ['answered early', 'too_large'],
    ['cancelled', 'busy'],
  ])('that is %s ends as %s, and with nothing that nobody catches', async (how, kind) => {
    const stop = new AbortController();
    const server = createServer((request, response) => {
      if (how === 'answered early') {
        response.writeHead(413, { 'content-type': 'text/html' });
        response.end('<html>');
        return;
      }
      request.once('data', () => {
        if (how === 'broken') request.socket.resetAndDestroy();
        else stop.abort(new Error('no longer wanted'));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const broken = new ReplyRest({ apiUrl: `http://127.0.0.1:${port}/api`, botToken: 'x' });
    try {
      for (let attempt = 1; attempt <= 5; attempt++) {
        const error = await send(broken, stop.signal).catch((thrown) => thrown);
        expect(error).toMatchObject({ name: 'ReplyError', kind });
      }
      for (let turns = 0; turns < 20; turns++) await turn();
      expect(rejections).toEqual([]);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

describe('the time of Discord', () => {
  it('is told with every answer, a refusal as well, and each request is reported', async () => {
    const dates: (string | null)[] = [];
    const reported: BotEvent[] = [];
    rest = new ReplyRest({
      apiUrl: discord.apiUrl,
      botToken: 'bot-token',
      onDate: (date) => dates.push(date),
      report: (event) => reported.push(event),
    });
    const date = 'Thu, 05 Nov 2026 12:00:00 GMT';
    await outcomeOf(200, { id: '1' }, { date });
    await outcomeOf(404, '', { date });
    expect(dates).toEqual([date, date]);
    const about = { type: 'discord_request_ended', route: 'PATCH @original' };
    expect(reported).toEqual([
      { ...about, outcome: 'ok' },
      { ...about, outcome: 'busy' },
    ]);
  });
});
