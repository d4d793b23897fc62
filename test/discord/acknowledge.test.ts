import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Routes } from 'discord.js';
import { expect, it, onTestFinished } from 'vitest';
import { createAcknowledge } from '../../src/discord/acknowledge.ts';
import { createClient } from '../../src/discord/gateway-client.ts';
import { silentLog } from '../support/samples.ts';

/** A Discord that gives this answer to every request, and counts them. */
async function serve(status: number, type: string, body: string) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    request.resume();
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { apiUrl: `http://127.0.0.1:${port}/api`, requests: () => requests };
}

const interaction = { id: '100000000000000001', token: 'a-token' };

it.each([
  ['an empty body that is announced as JSON', 200, 'application/json', ''],
  ['broken JSON', 200, 'application/json', '{"interaction'],
  ['no JSON', 202, 'text/html', '<html>ok</html>'],
  ['a long body', 200, 'application/json', ' '.repeat(1_000_000)],
])('takes a 2xx for an acknowledgement that has %s, after one request', async (_, ...answer) => {
  const { apiUrl, requests } = await serve(...answer);
  await createAcknowledge({ apiUrl })(interaction, 'public');
  expect(requests()).toBe(1);
});

it('takes a 2xx with an empty body for a form or a suggestion that was taken, too', async () => {
  const { apiUrl, requests } = await serve(200, 'application/json', '');
  const client = createClient({ apiUrl, log: silentLog });
  onTestFinished(() => client.destroy());
  const route = Routes.interactionCallback(interaction.id, interaction.token);
  await client.rest.post(route, { auth: false, body: { type: 8, data: { choices: [] } } });
  expect(requests()).toBe(1);
});

it('asks three times where Discord is in trouble, and tells it', async () => {
  const { apiUrl, requests } = await serve(502, 'text/html', '<html>Bad gateway</html>');
  await expect(createAcknowledge({ apiUrl })(interaction, 'public')).rejects.toThrow();
  expect(requests()).toBe(3);
});
