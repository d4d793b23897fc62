import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer } from 'ws';
import { createClient, logIn } from '../../src/discord/client.ts';
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

/** What a start against that address tells the operator. */
async function startAt(host: string): Promise<string> {
  const client = createClient({ apiUrl: `http://${host}/api`, log: silentLog });
  onTestFinished(() => client.destroy());
  return await logIn(client, 'a-token').then(
    () => 'it started',
    (error: unknown) => describeStartFault(error),
  );
}

/** A Discord whose gateway greets everybody and closes for good at once. */
async function serveClosing(code: number): Promise<string> {
  const { server, host } = await serve((_, response) => {
    response.setHeader('content-type', 'application/json');
    const session_start_limit = { total: 9, remaining: 9, reset_after: 0, max_concurrency: 1 };
    response.end(JSON.stringify({ url: `ws://${host}`, shards: 1, session_start_limit }));
  });
  const sockets = new WebSocketServer({ server });
  onTestFinished(() => sockets.close());
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 }, s: null, t: null }));
    socket.once('message', () => socket.close(code));
  });
  return host;
}

describe('a start that fails', () => {
  it.each([
    [4004, 'the gateway does not accept DISCORD_TOKEN (4004)'],
    [4011, 'more servers than one connection may serve (4011)'],
    [4013, 'the intents of this bot (4013)'],
    [4014, 'Privileged Gateway Intents'],
  ])('says what the gateway’s close code %i asks for', async (code, words) => {
    expect(await startAt(await serveClosing(code))).toContain(words);
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
    const told = await startAt(host);
    expect(told).toContain('what answers at DISCORD_API_URL is not Discord’s API');
    expect(told).not.toContain('undefined');
  });

  it('says that Discord itself is in trouble', async () => {
    const { host } = await serve((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
    });
    expect(await startAt(host)).toContain('(HTTP 502)');
  });
});
