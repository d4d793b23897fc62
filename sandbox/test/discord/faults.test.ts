import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REST, Routes } from 'discord.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startLocalDiscord } from '../../discord/local-discord.ts';
import { call, deferred, form, imagine, openDiscord, PIXEL } from './support.ts';

const MIB = 1_048_576;
const large = (bytes: number) => Buffer.alloc(bytes, 7);

describe('an upload', () => {
  test('over the limit of its guild is refused with 413 / 40005 and changes nothing', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const { handle, original } = await deferred(discord);
    const under = form({}, { 'a.bin': large(20 * MIB) });
    expect((await call(discord, 'PATCH', original, under)).status).toBe(200);
    const over = form({}, { 'b.bin': large(20 * MIB + 1) });
    expect(await call(discord, 'PATCH', original, over)).toMatchObject({
      status: 413,
      json: { message: 'Request entity too large', code: 40_005 },
    });
    expect(handle.response()?.attachments.map(({ filename }) => filename)).toEqual(['a.bin']);

    const small = await discord.interact({
      kind: 'slash',
      userId: people.member.id,
      channelId: places.annexGeneral.id,
      command: 'imagine',
      options: { prompt: 'x' },
    });
    const path = `/interactions/${small.id}/${small.token}/callback`;
    const first = form({ type: 4, data: {} }, { 'b.bin': large(10 * MIB + 1) });
    expect((await call(discord, 'POST', path, first)).status).toBe(413);
  }, 20_000);

  test('meets another limit, a bound on the whole, or a page without a code when set so', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    const send = (...sizes: number[]) =>
      call(
        discord,
        'PATCH',
        original,
        form({}, Object.fromEntries(sizes.map((size, i) => [`${i}.bin`, large(size)]))),
      );
    discord.controls.set({ attachmentSizeLimit: 1000 });
    expect((await send(1001)).json.code).toBe(40_005);
    discord.controls.set({ attachmentSizeLimit: null, requestSizeLimit: 5000 });
    expect((await send(3000, 3000)).json.code).toBe(40_005);
    discord.controls.set({ html413: true });
    const page = await send(6000);
    expect([page.status, page.headers.get('content-type')]).toEqual([413, 'text/html']);
    expect(page.json).toContain('<h1>413 Request Entity Too Large</h1>');
    discord.controls.reset();
    expect((await send(3000, 3000)).status).toBe(200);
  });

  test('streams from disk through discord.js, again after a 429', async () => {
    const discord = await openDiscord();
    const { handle } = await deferred(discord);
    const directory = await mkdtemp(join(tmpdir(), 'faults-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    const path = join(directory, 'a.bin');
    await writeFile(path, large(3 * MIB));
    discord.controls.injectFault({
      match: { upload: true },
      effect: { kind: 'rate-limit', retryAfterMs: 10 },
    });
    const body = new FormData();
    body.append('payload_json', JSON.stringify({ content: 'x' }));
    body.append('files[0]', await openAsBlob(path), 'a.bin');
    const rest = new REST({ api: discord.apiUrl });
    const route = Routes.webhookMessage(discord.applicationId, handle.token);
    await rest.patch(route, { auth: false, passThroughBody: true, body });
    expect(handle.response()?.attachments).toMatchObject([{ size: 3 * MIB }]);
    expect(discord.requests.slice(-2).map(({ status }) => status)).toEqual([429, 200]);
  });

  test('cut in the middle leaves no trace but its record', async () => {
    const discord = await openDiscord();
    const { handle, original } = await deferred(discord);
    discord.controls.injectFault({
      match: { method: 'PATCH' },
      effect: { kind: 'drop', when: 'mid-upload', afterBytes: 100_000 },
    });
    const recorded = discord.events.next('rest', { where: ({ method }) => method === 'PATCH' });
    const body = form({ content: 'x' }, { 'a.bin': large(4 * MIB) });
    await expect(call(discord, 'PATCH', original, body)).rejects.toThrow();
    expect(await recorded).toMatchObject({ status: 0, messageId: null, interactionId: handle.id });
    expect(handle.response()).toMatchObject({ flags: 128, attachments: [] });
    expect((await call(discord, 'PATCH', original, body)).status).toBe(200);
  });

  test('of a broken form does not keep the connection waiting', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    const body = form({}, { 'a.bin': large(5 * MIB) });
    body.set('payload_json', '{');
    expect((await call(discord, 'PATCH', original, body)).json.code).toBe(50_109);
    const truncated = await fetch(`${discord.apiUrl}/v10${original}`, {
      method: 'PATCH',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: '--x\r\ncontent-disposition: form-data; name="files[0]"; filename="a.png"\r\n\r\nhalf',
    });
    expect(truncated.status).toBe(400);
    expect((await call(discord, 'PATCH', original, form({ content: 'x' }))).status).toBe(200);
  });

  test('can be slow', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    discord.controls.injectFault({
      match: { upload: true },
      effect: { kind: 'slow-upload', bytesPerSecond: 10 * MIB },
    });
    const { status } = await call(
      discord,
      'PATCH',
      original,
      form({}, { 'a.bin': large(2 * MIB) }),
    );
    expect(status).toBe(200);
    expect(discord.requests.at(-1)?.ms).toBeGreaterThan(150);
  });
});

describe('a fault', () => {
  test('answers before the body is read, after it, or after the effect', async () => {
    const discord = await openDiscord();
    const { handle, original } = await deferred(discord);
    const answerOf = async (when: 'before-body' | 'after-body' | 'after-effect') => {
      discord.controls.injectFault({
        match: { method: 'PATCH' },
        effect: { kind: 'answer', status: 502, when },
      });
      const body = form({ content: when }, { 'a.bin': large(MIB) });
      return call(discord, 'PATCH', original, body);
    };
    expect((await answerOf('before-body')).status).toBe(502);
    expect((await answerOf('after-body')).status).toBe(502);
    expect(handle.response()?.content).toBe('');
    expect((await answerOf('after-effect')).status).toBe(502);
    expect(handle.response()?.content).toBe('after-effect');
    // The record knows that the work was done.
    expect(discord.requests.at(-1)).toMatchObject({
      status: 502,
      messageId: handle.response()?.id,
    });
    expect(discord.controls.pendingFaults()).toEqual([]);
  });

  test('answers with a page or a body of its own', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    const fault = (body: unknown) =>
      discord.controls.injectFault({ match: {}, effect: { kind: 'answer', status: 500, body } });
    fault('<h1>oh</h1>');
    expect((await call(discord, 'PATCH', original, { content: 'x' })).json).toBe('<h1>oh</h1>');
    fault({ message: 'no', code: 7 });
    expect((await call(discord, 'PATCH', original, { content: 'x' })).json).toEqual({
      message: 'no',
      code: 7,
    });
  });

  test('loses the answer though the call took effect, so that a second try posts twice', async () => {
    const discord = await openDiscord();
    const { handle, original, webhook } = await deferred(discord);
    await call(discord, 'PATCH', original, { content: 'x' });
    discord.controls.injectFault({
      match: { method: 'POST' },
      effect: { kind: 'drop', when: 'after-effect' },
    });
    const rest = new REST({ api: discord.apiUrl });
    // discord.js sends a POST again after a lost connection.
    await rest.post(webhook as `/${string}`, { auth: false, body: { content: 'twice' } });
    expect(handle.followups().map(({ content }) => content)).toEqual(['twice', 'twice']);
    expect(discord.requests.slice(-2).map(({ status }) => status)).toEqual([0, 200]);
  });

  test('affects the calls of one interaction only, as often as it says', async () => {
    const discord = await openDiscord();
    const one = await deferred(discord);
    const two = await deferred(discord);
    const stop = discord.controls.injectFault({
      match: { interactionId: two.handle.id, route: '/webhooks/' },
      times: Number.POSITIVE_INFINITY,
      effect: { kind: 'drop', when: 'before-body' },
    });
    expect((await call(discord, 'PATCH', one.original, { content: 'x' })).status).toBe(200);
    await expect(call(discord, 'PATCH', two.original, { content: 'x' })).rejects.toThrow();
    await expect(call(discord, 'PATCH', two.original, { content: 'x' })).rejects.toThrow();
    stop();
    expect((await call(discord, 'PATCH', two.original, { content: 'x' })).status).toBe(200);
  });

  test('lets calls through first when told to', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    discord.controls.injectFault({ match: {}, skip: 2, effect: { kind: 'answer', status: 500 } });
    const statuses = [];
    for (let i = 0; i < 4; i += 1) {
      statuses.push((await call(discord, 'PATCH', original, { content: `${i}` })).status);
    }
    expect(statuses).toEqual([200, 200, 500, 200]);
  });

  test('delays', async () => {
    const discord = await openDiscord();
    const { callback, handle } = await imagine(discord);
    discord.controls.injectFault({
      match: { route: 'callback' },
      effect: { kind: 'delay', ms: 60 },
    });
    await call(discord, 'POST', callback, { type: 5 });
    expect((await handle.acknowledged).afterMs).toBeGreaterThan(50);
  });
});

test('closing ends calls that still wait', async () => {
  const discord = await startLocalDiscord();
  const one = await deferred(discord);
  const two = await deferred(discord);
  const slow = { kind: 'slow-upload', bytesPerSecond: 1000 } as const;
  discord.controls.injectFault({ match: { upload: true }, effect: slow });
  discord.controls.injectFault({ match: {}, effect: { kind: 'delay', ms: 600_000 } });
  const calls = Promise.allSettled([
    call(discord, 'PATCH', one.original, form({}, { 'a.bin': large(MIB) })),
    call(discord, 'PATCH', two.original, { content: 'x' }),
  ]);
  await expect.poll(() => discord.controls.pendingFaults(), { timeout: 10_000 }).toEqual([]);
  await discord.close();
  expect((await calls).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('a call is recorded without its tokens, with its body and files', async () => {
  const discord = await openDiscord();
  const { handle, original } = await deferred(discord);
  await call(discord, 'PATCH', original, form({ content: 'x' }, { 'a.png': PIXEL }));
  expect(discord.requests.at(-1)).toMatchObject({
    method: 'PATCH',
    route: '/webhooks/:application/:token/messages/@original',
    path: `/api/v10/webhooks/${discord.applicationId}/:token/messages/@original`,
    status: 200,
    body: { content: 'x' },
    files: [{ field: 'files[0]', name: 'a.png', size: PIXEL.length }],
    interactionId: handle.id,
    messageId: handle.response()?.id,
  });
  expect(JSON.stringify(discord.requests)).not.toContain(handle.token);
});
