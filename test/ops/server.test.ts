import { afterEach, describe, expect, it } from 'vitest';
import type { Check } from '../../src/ops/health.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { type OpsServer, startOpsServer } from '../../src/ops/server.ts';

const servers: OpsServer[] = [];

async function serve(checks: () => Promise<Check[]>, port = 0) {
  const { registry } = createMetrics();
  const server = await startOpsServer({ host: '127.0.0.1', port, registry, checks });
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const ask = async ({ address }: OpsServer, path: string, method = 'GET') =>
  await fetch(`http://${address}${path}`, { method });

const good: Check = { name: 'ledger', state: 'ok', detail: 'writable' };

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

  it('name the setting when the port is taken', async () => {
    const { address } = await serve(async () => [good]);
    const port = Number(address.split(':')[1]);
    await expect(serve(async () => [good], port)).rejects.toThrow(/OPS_PORT \d+ .*EADDRINUSE/);
  });
});
