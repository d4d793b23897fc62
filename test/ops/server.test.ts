import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/ops/health.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { type OpsServer, startOpsServer } from '../../src/ops/server.ts';

const servers: OpsServer[] = [];

async function serve(checks: () => Promise<Check[]>, port = 0) {
  const { registry } = createMetrics();
  const server = await startOpsServer({
    ...{ host: '127.0.0.1', port, names: ['darkroom'], registry, checks },
  });
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const ask = async ({ address }: OpsServer, path: string, method = 'GET') =>
  await fetch(`http://${address}${path}`, { method });

/** With `fetch` a Host could not be chosen. */
async function askAs({ address }: OpsServer, host: string, path: string) {
  const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`;
  const [start = '', body] = (await send(address, head)).split('\r\n\r\n', 2);
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(start)?.[1]);
  return { status, type: /^content-type: (.*)$/im.exec(start)?.[1], body };
}

async function send(address: string, head: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  const socket = connect({ host, port: Number(port) });
  socket.write(`${head}\r\n\r\n`);
  return await text(socket);
}

const good: Check = { name: 'database', state: 'ok', detail: 'writable' };

describe('the endpoints', () => {
  it('say that the process lives, whatever the checks say', async () => {
    const server = await serve(() => Promise.reject(new Error('broken')));
    expect((await ask(server, '/healthz')).status).toBe(200);
    expect((await ask(server, '/readyz')).status).toBe(500);
  });

  it('are ready with a warning, and not with a fault', async () => {
    let state: Check['state'] = 'warn';
    const server = await serve(async () => [good, { name: 'disk', state, detail: 'little room' }]);
    expect((await ask(server, '/readyz')).status).toBe(200);
    state = 'fail';
    const answer = await ask(server, '/readyz?verbose');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ ready: false, checks: [good, { state: 'fail' }] });
  });

  it('give figures in the form that Prometheus reads', async () => {
    const server = await serve(async () => [good]);
    const answer = await ask(server, '/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await answer.text()).toContain('# TYPE darkroom_generations_total counter');
  });

  it('take nothing else', async () => {
    const server = await serve(async () => [good]);
    expect((await ask(server, '/')).status).toBe(404);
    expect((await ask(server, '/metrics', 'POST')).status).toBe(405);
  });

  it.each([
    '127.0.0.1',
    '127.0.0.1:9464',
    '10.1.2.3:9090',
    '[::1]',
    '[::1]:9464',
    '[fd00::12]:9464',
    'localhost',
    'LocalHost:9464',
    'localhost.',
    'localhost.:9464',
    'darkroom:9464',
    'DARKROOM.',
    '127.0.0.1:',
  ])('answer to %s', async (host) => {
    const server = await serve(async () => [good]);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect(await askAs(server, host, path)).toMatchObject({ status: 200 });
    }
  });

  it.each([
    'evil.example',
    'evil.example:9464',
    '127.0.0.1.nip.io',
    '127.0.0.1.nip.io:9464',
    'localhost.evil.example',
    'evil.localhost.example',
    'darkroom.evil.example',
    '127.0.0.1@evil.example',
    'evil.example,127.0.0.1',
    '[evil.example]',
    '[127.0.0.1]',
    '2130706433',
    '0x7f000001',
    '127.1',
    '999.1.1.1',
    'localhost..',
    '.',
    ':9464',
    '',
  ])('turn away who asks as “%s”', async (host) => {
    const server = await serve(async () => [good]);
    for (const path of ['/healthz', '/readyz', '/metrics', '/']) {
      const answer = await askAs(server, host, path);
      expect(answer.status).toBe(421);
      expect(answer.type).toBe('text/plain');
      expect(answer.body).toContain('OPS_HOSTS');
    }
  });

  it.each([
    ['127.0.0.1', 'evil.example'],
    ['evil.example', '127.0.0.1'],
  ])('turn away who asks as “%s” and as “%s” at once', async (...hosts) => {
    const { address } = await serve(async () => [good]);
    const head = hosts.map((host) => `Host: ${host}`).join('\r\n');
    const answer = await send(address, `GET /metrics HTTP/1.1\r\n${head}\r\nConnection: close`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('answer probes of HTTP/1.0, which name no host', async () => {
    const { address } = await serve(async () => [good]);
    expect(await send(address, 'GET /healthz HTTP/1.0')).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('name the setting when the port is taken', async () => {
    const { address } = await serve(async () => [good]);
    const port = Number(address.split(':')[1]);
    await expect(serve(async () => [good], port)).rejects.toThrow(/OPS_PORT \d+ .*EADDRINUSE/);
  });
});
