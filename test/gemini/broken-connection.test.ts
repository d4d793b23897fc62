import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { constants, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { GeminiDeps } from '../../src/gemini/gemini.ts';
import { startClient } from './support/client.ts';
import { event, FOX, inline, parts, seedStream, THINKING } from './support/wire-shapes.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A server of bare sockets, which answers each connection as it likes once a request has come. */
async function startSocketServer(answer: (socket: Socket, connection: number) => void) {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    connections += 1;
    const connection = connections;
    socket.on('error', () => {});
    socket.once('data', () => answer(socket, connection));
  });
  const address = await listen(server);
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { baseUrl: new URL(`http://${address}`), connections: () => connections };
}

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function client(overrides: Partial<GeminiDeps>) {
  const started = await startClient(() => {}, overrides);
  cleanups.push(started.close);
  return started;
}

const ok = (headers: string, body: string | Buffer = '') =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\n`), Buffer.from(body)]);
const thought = event(THINKING);
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const notHttp = '<html>502</html>\n';

/** What each does to the connection, and what an attempt comes to. */
const BREAKS: [string, 'busy' | 'cut' | 'bad_answer', (socket: Socket) => void][] = [
  ['is no HTTP at all', 'busy', (socket) => socket.end(notHttp)],
  ['is no HTTP, and stays open', 'busy', (socket) => socket.write(notHttp)],
  [
    'is of another protocol',
    'busy',
    (socket) => socket.end(Buffer.from('\x16\x03\x01\x00\x05hello')),
  ],
  ['has a broken status line', 'busy', (socket) => socket.end('HTTP/1.1 abc\r\n\r\n')],
  ['has a version that nobody knows', 'busy', (socket) => socket.end('HTTP/9.9 200 OK\r\n\r\n')],
  [
    'has a header without a colon',
    'busy',
    (socket) => socket.end('HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'),
  ],
  [
    'has a header with a control character',
    'busy',
    (socket) => socket.end('HTTP/1.1 200 OK\r\na: \x01\x00b\r\n\r\n'),
  ],
  [
    'has headers without end',
    'busy',
    (socket) => socket.write(ok(`x: ${'x'.repeat(300_000)}\r\n`)),
  ],
  [
    'has two lengths',
    'busy',
    (socket) => socket.end(ok('content-length: 5\r\ncontent-length: 6\r\n', 'hello')),
  ],
  [
    'has a length that is no number',
    'busy',
    (socket) => socket.end(ok('content-length: many\r\n', 'hello')),
  ],
  ['ends at once', 'busy', (socket) => socket.end()],
  ['ends inside of the headers', 'busy', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-ty')],
  ['is reset before the headers', 'busy', (socket) => socket.resetAndDestroy()],
  [
    'is reset inside of the headers',
    'busy',
    (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncon', () => setImmediate(() => socket.resetAndDestroy())),
  ],
  [
    'switches to another protocol',
    'busy',
    (socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
  ],
  ['goes on and on', 'busy', (socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n'.repeat(50))],
  [
    'has a chunk without a size',
    'cut',
    (socket) => socket.end(ok('transfer-encoding: chunked\r\n', `${chunked(thought)}zz\r\n`)),
  ],
  [
    'has a chunk that is longer than its size',
    'cut',
    (socket) => socket.end(ok('transfer-encoding: chunked\r\n', `2\r\n${thought}\r\n0\r\n\r\n`)),
  ],
  [
    'lacks its last chunk',
    'cut',
    (socket) => socket.end(ok('transfer-encoding: chunked\r\n', chunked(thought))),
  ],
  [
    'is shorter than its length',
    'cut',
    (socket) => socket.end(ok('content-length: 9999\r\n', thought)),
  ],
  [
    'is longer than its length',
    'cut',
    (socket) => socket.end(ok(`content-length: ${thought.length - 9}\r\n`, thought)),
  ],
  [
    'is reset inside of the body',
    'cut',
    (socket) =>
      socket.write(ok('content-length: 9999\r\n', thought), () =>
        setImmediate(() => socket.resetAndDestroy()),
      ),
  ],
  ['ends without a word', 'cut', (socket) => socket.end(ok('content-length: 0\r\n'))],
  [
    'is no gzip',
    'bad_answer',
    (socket) => socket.end(ok('content-encoding: gzip\r\n', `?${thought}`)),
  ],
  [
    'is damaged gzip',
    'bad_answer',
    (socket) =>
      socket.end(
        ok(
          'content-encoding: gzip\r\n',
          Buffer.concat([
            gzipSync(thought, { finishFlush: constants.Z_SYNC_FLUSH }),
            Buffer.alloc(90, 0xff),
          ]),
        ),
      ),
  ],
  [
    'is gzip without end',
    'cut',
    (socket) => socket.end(ok('content-encoding: gzip\r\n', gzipSync(thought).subarray(0, -10))),
  ],
  [
    'has an encoding that nobody knows',
    'bad_answer',
    (socket) => socket.end(ok('content-encoding: rot13\r\n', thought)),
  ],
];

describe('a connection that breaks', () => {
  it.each(BREAKS)('is tried again where the answer %s (%s)', async (_, kind, answer) => {
    const server = await startSocketServer(answer);
    const { generate } = await client({ baseUrl: server.baseUrl });
    const { failure, events } = await generate();
    expect([failure?.kind, failure?.message]).toEqual([kind, expect.any(String)]);
    expect(events.filter(({ type }) => type === 'waiting')).toMatchObject([{ kind }, { kind }]);
    expect(server.connections()).toBe(3);
  });

  it.each(BREAKS)('is mended by the next attempt where the answer %s', async (_, __, answer) => {
    const text = seedStream(event);
    const server = await startSocketServer((socket, connection) => {
      if (connection === 1) answer(socket);
      else socket.end(ok(`content-length: ${text.length}\r\n`, text));
    });
    const { generate } = await client({ baseUrl: server.baseUrl });
    expect((await generate()).outcome?.image.bytes).toBe(FOX.length);
  });

  it('is not tried again once a byte of a picture has come', async () => {
    const text = event(parts(inline(FOX))).slice(0, 150);
    const server = await startSocketServer((socket) =>
      socket.end(ok('transfer-encoding: chunked\r\n', `${chunked(text)}zz\r\n`)),
    );
    const { generate } = await client({ baseUrl: server.baseUrl });
    expect((await generate()).failure).toMatchObject({
      kind: 'cut',
      details: { attempts: 1 },
    });
    expect(server.connections()).toBe(1);
  });

  it('is told as nobody there where the port or the name is nobody’s', async () => {
    const server = createServer();
    const address = await listen(server);
    server.close();
    for (const host of [address, 'no-such-host.invalid']) {
      const { generate } = await client({ baseUrl: new URL(`http://${host}`) });
      expect((await generate()).failure).toMatchObject({
        kind: 'busy',
        details: { problem: 'no_connection', attempts: 3 },
      });
    }
  });

  it('is the set-up’s fault where TLS is spoken to a plain port', async () => {
    const server = await startSocketServer((socket) => socket.end(notHttp));
    const baseUrl = new URL(server.baseUrl.href.replace('http:', 'https:'));
    const { generate } = await client({ baseUrl });
    expect((await generate()).failure).toMatchObject({
      kind: 'misconfigured',
      details: { problem: 'tls' },
    });
  });

  it('is tried again where a plain request meets TLS', async () => {
    const server = createTlsServer();
    server.on('tlsClientError', () => {});
    const address = await listen(server);
    cleanups.push(async () => server.close());
    const { generate, waits } = await client({ baseUrl: new URL(`http://${address}`) });
    expect((await generate()).failure?.kind).toBe('busy');
    expect(waits).toHaveLength(2);
  });
});

describe('a machine that can open nothing more', () => {
  it('is told as such, not as a busy model', async () => {
    const script = new URL('support/out-of-files.ts', import.meta.url).pathname;
    const child = spawn('bash', ['-c', `ulimit -n 64; exec "${process.execPath}" "${script}"`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    await once(child, 'close');
    expect(JSON.parse(told)).toEqual({ kind: 'internal', problem: 'machine', attempts: 1 });
  });
});
