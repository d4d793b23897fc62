import { get, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Page, startPage } from '../../page/page.ts';
import { type Sandbox, startSandbox } from '../../sandbox.ts';

let sandbox: Sandbox;
let page: Page;
let token: string;
beforeAll(async () => {
  sandbox = await startSandbox({ bot: false });
  page = await startPage(sandbox);
  token = /name="sandbox-token" content="([^"]+)"/.exec((await ask('/')).body)?.[1] ?? '';
});
afterAll(async () => {
  await page.close();
  await sandbox.close();
});

/** With `fetch` a Host could not be chosen. */
async function ask(
  path: string,
  { method = 'GET', headers = {} as Record<string, string>, body = '' } = {},
) {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    // A URL would write the path anew.
    const { hostname, port } = new URL(page.url);
    const call = request({ hostname, port, path, method, headers }, resolve);
    call.once('error', reject);
    call.end(body);
  });
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const json = { 'content-type': 'application/json' };
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    headers: { ...json, 'x-sandbox-token': token, ...headers },
    body: JSON.stringify(body),
  });

describe('the page’s server', () => {
  it('lets the page load nothing from elsewhere', async () => {
    const { headers } = await ask('/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('answers under the names of this machine alone, whatever the port', async () => {
    for (const host of ['127.0.0.1:1', 'localhost:9', '[::1]:80', 'localhost']) {
      expect((await ask('/', { headers: { host } })).status).toBe(200);
    }
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io:80']) {
      expect((await ask('/', { headers: { host } })).status).toBe(403);
    }
  });

  it('takes no actions from other sites, nor without the page’s token', async () => {
    const body = { pace: 3 };
    const other = await post('/api/controls', body, { origin: 'http://evil.example' });
    const sister = await post('/api/controls', body, { origin: 'http://127.0.0.1:1' });
    const without = await post('/api/controls', body, { 'x-sandbox-token': 'wrong' });
    expect([other.status, sister.status, without.status]).toEqual([403, 403, 401]);
    expect(sandbox.gemini.controls.pace).toBe(0);
    expect((await post('/api/controls', body)).status).toBe(200);
    expect(sandbox.gemini.controls.pace).toBe(3);
  });

  it.each(['/%61pi/controls', '/api/control%73', '/ap%69/controls?token=', '/api/controls;x'])(
    'takes no action without the token at %s',
    async (path) => {
      sandbox.gemini.controls.pace = 0;
      const answer = await post(path, { pace: 4 }, { 'x-sandbox-token': 'wrong' });
      expect([401, 404]).toContain(answer.status);
      expect(sandbox.gemini.controls.pace).toBe(0);
    },
  );

  it('tells of events to nobody without the token, however the address is written', async () => {
    expect((await ask('/%61pi/events?user=member')).status).toBe(401);
  });

  it('tells of events to nobody without the token', async () => {
    expect((await ask('/api/events?user=member')).status).toBe(401);
    expect((await ask('/api/events?user=member&token=wrong')).status).toBe(401);
  });

  it('says what was wrong with an action, in a sentence', async () => {
    const { id } = sandbox.discord.world.people.member;
    const wrong = { kind: 'button', userId: id, messageId: '1', customId: 'x' };
    expect(await post('/api/interact', wrong)).toMatchObject({
      status: 422,
      body: '{"error":"There is no message 1."}',
    });
    expect((await post('/api/interact', { kind: 'nonsense' })).status).toBe(400);
    expect((await post('/api/controls', { settings: { frobnicate: 1 } })).status).toBe(400);
    expect((await post('/api/fault', { name: '__proto__' })).status).toBe(404);
  });

  it('serves nothing but its own files', async () => {
    for (const path of ['/../page.ts', '/%2e%2e/page.ts', '/types.d.ts', '/tsconfig.json']) {
      expect((await ask(path)).status).toBe(404);
    }
  });

  it('never gives a file as a document of its own origin', async () => {
    const { id } = sandbox.discord.world.people.member;
    const upload = await ask(`/api/upload?user=${id}&name=x.html&type=text/html`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', 'x-sandbox-token': token },
      body: '<script>alert(1)</script>',
    });
    const file = await ask(`/files/${JSON.parse(upload.body).id}/x.html`);
    expect(file.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    expect((await ask('/files/1/x.html')).status).toBe(404);
  });

  it('closes while pages are open', async () => {
    const other = await startPage(sandbox);
    const found = await new Promise<IncomingMessage>((resolve) => get(other.url, resolve));
    const own = /content="([\w-]{32})"/.exec(await text(found))?.[1];
    const events = await new Promise<IncomingMessage>((resolve) => {
      get(`${other.url}api/events?user=member&token=${own}`, resolve);
    });
    expect(events.headers['content-type']).toMatch(/^text\/event-stream/);
    const ended = new Promise((resolve) => events.once('close', resolve));
    events.on('error', () => {}).resume();
    await other.close();
    await ended;
  });
});
