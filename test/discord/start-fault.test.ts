import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type StartLimit, startLocalDiscord } from '@darkroom/sandbox/discord';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createClient, logIn } from '../../src/discord/gateway-client.ts';
import type { Handlers } from '../../src/discord/handlers.ts';
import { registerCommands } from '../../src/discord/registration.ts';
import { describeStartFault } from '../../src/discord/start-fault.ts';
import { silentLog } from '../support/samples.ts';

/** Serves on a free port of loopback until the test ends. */
async function serve(answer: RequestListener) {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** What a login, or else a registration, against that address tells the operator. */
async function startAt(host: string, { register = false, guildId = null as string | null } = {}) {
  const client = createClient({ apiUrl: `http://${host}/api`, log: silentLog });
  onTestFinished(() => client.destroy());
  client.rest.setToken('a-token');
  const handlers: Handlers = { slash: [], message: [], components: [] };
  const start = register
    ? registerCommands(client, handlers, { guildId, userInstall: false })
    : logIn(client, 'a-token');
  return await start.then(
    () => ({ message: 'it started', isLasting: false }),
    (error: unknown) => describeStartFault(error),
  );
}

/** A Discord that takes the token and closes the gateway for good at each login. */
async function startClosing(code: number, starts: Partial<StartLimit> = {}): Promise<string> {
  const discord = await startLocalDiscord({ botToken: 'a-token' });
  onTestFinished(() => discord.close());
  discord.controls.answerLogins({ identify: { close: code } });
  discord.controls.limitStarts(starts);
  return new URL(discord.apiUrl).host;
}

describe('a start that fails', () => {
  it.each([
    [4004, 'the gateway does not accept DISCORD_TOKEN (4004)'],
    [4010, 'the one connection that this bot opens (4010'],
    [4011, 'more servers than one connection may serve (4011)'],
    [4012, 'Install a newer Darkroom'],
    [4013, 'the intents of this bot (4013)'],
    [4014, 'Privileged Gateway Intents'],
  ])('says what the gateway’s close code %i asks for', async (code, words) => {
    const { message, isLasting } = await startAt(await startClosing(code));
    expect(message).toContain(words);
    expect(isLasting).toBe(true);
  });

  it('says until when there are no logins left, which passes', async () => {
    const { message, isLasting } = await startAt(await startClosing(4000, { remaining: 0 }));
    expect(message).toMatch(/log in no more until 20\d\d-\d\d-\d\dT[\d:.]+Z/);
    expect(isLasting).toBe(false);
  });

  it.each([
    ['a web page', 200, 'text/html', '<html>Welcome!</html>'],
    ['a web page of a wrong address', 404, 'text/html', '<html>Not here</html>'],
    ['JSON of somebody else', 200, 'application/json', '{"hello":"world"}'],
    ['broken JSON', 200, 'application/json', '{"url'],
  ])('says that %s is not Discord’s API', async (_, status, type, body) => {
    const { host } = await serve((__, response) => {
      response.writeHead(status, { 'content-type': type }).end(body);
    });
    for (const register of [false, true]) {
      const { message } = await startAt(host, { register });
      expect(message).toContain('what answers at DISCORD_API_URL is not Discord’s API');
      expect(message).not.toContain('undefined');
    }
  });

  it.each([
    ['an error', 'HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n', '403'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n',
      'Upgrade',
    ],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.9\r\n', 'Parse Error'],
  ])('says that %s in place of the gateway is none, which passes', async (_, answer, found) => {
    const { server, host } = await serve((__, response) => {
      response.setHeader('content-type', 'application/json');
      const session_start_limit = { total: 9, remaining: 9, reset_after: 1, max_concurrency: 1 };
      response.end(JSON.stringify({ url: `ws://${host}`, shards: 1, session_start_limit }));
    });
    server.on('upgrade', (__, socket) => socket.end(answer));
    const { message, isLasting } = await startAt(host);
    expect(message).toContain('the gateway does not take the connection');
    expect(message).toContain(found);
    expect(isLasting).toBe(false);
  });

  it('quotes a refusal that is of no command, and does not blame DISCORD_GUILD_ID', async () => {
    const { host } = await serve((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: 'internal network error', code: 40_333 }));
    });
    const { message } = await startAt(host);
    expect(message).toContain('403 / 40333): internal network error');
    expect(message).not.toContain('DISCORD_GUILD_ID');
  });

  it('says that Discord asks to wait, while it waits', async () => {
    let asked = 0;
    const { host } = await serve((_, response) => {
      response.setHeader('content-type', 'application/json');
      response.writeHead(asked++ === 0 ? 429 : 401, { 'retry-after': '0.05' });
      response.end(JSON.stringify({ message: 'no', retry_after: 0.05, global: false, code: 0 }));
    });
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => void lines.push(line) });
    const client = createClient({ apiUrl: `http://${host}/api`, log });
    await expect(logIn(client, 'a-token')).rejects.toThrow();
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { route: '/gateway/bot', retryAfterS: '0.05', msg: 'Discord asks to wait' },
    ]);
  });

  it('says that Discord itself is in trouble, which passes', async () => {
    const { host } = await serve((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
    });
    const { message, isLasting } = await startAt(host);
    expect(message).toContain('(HTTP 502)');
    expect(isLasting).toBe(false);
  });

  it('knows a token and a server that Discord refuses before any login, and that they stay so', async () => {
    const { host } = await serve(({ url }, response) => {
      const isRefused = url?.includes('/commands');
      response.writeHead(isRefused ? 403 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(isRefused ? { message: 'no', code: 50_001 } : { id: '1' }));
    });
    const wrongGuild = await startAt(host, { register: true, guildId: '123456789012345678' });
    expect(wrongGuild).toMatchObject({ isLasting: true });
    expect(wrongGuild.message).toContain('DISCORD_GUILD_ID');

    const { host: refusing } = await serve((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ message: '401: Unauthorized', code: 0 }));
    });
    const wrongToken = await startAt(refusing, { register: true });
    expect(wrongToken).toMatchObject({ isLasting: true });
    expect(wrongToken.message).toContain('DISCORD_TOKEN (401)');
  });
});
