import { REST, Routes } from 'discord.js';
import { describe, expect, test } from 'vitest';
import { connectBot } from './bot.ts';
import { call, deferred, imagine, openDiscord } from './support.ts';

describe('the bucket of an interaction token', () => {
  test('lets five writes pass in five seconds and tells so in its headers', async () => {
    const discord = await openDiscord();
    expect(discord.controls.settings().webhookBucket).toEqual({ limit: 5, windowMs: 5_000 });
    discord.controls.set({ webhookBucket: { limit: 5, windowMs: 60_000 } });
    const { original, webhook } = await deferred(discord);
    const other = await deferred(discord);
    const answers = [];
    for (let i = 0; i < 4; i += 1)
      answers.push(await call(discord, 'PATCH', original, { content: `${i}` }));
    // A follow-up draws from the same bucket as the edits.
    answers.push(await call(discord, 'POST', webhook, { content: 'five' }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect(answers.map(({ headers }) => headers.get('x-ratelimit-remaining'))).toEqual([
      '4',
      '3',
      '2',
      '1',
      '0',
    ]);
    const first = answers[0]?.headers;
    expect(first?.get('x-ratelimit-limit')).toBe('5');
    expect(first?.get('x-ratelimit-bucket')).toMatch(/^[0-9a-f]{32}$/);
    expect(Number(first?.get('x-ratelimit-reset-after'))).toBeGreaterThan(4);
    expect(Number(first?.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000);

    const limited = await call(discord, 'PATCH', original, { content: 'six' });
    expect(limited.status).toBe(429);
    expect(limited.json).toEqual({
      message: 'You are being rate limited.',
      retry_after: expect.any(Number),
      global: false,
    });
    expect(limited.json.retry_after).toBeLessThanOrEqual(60);
    expect(limited.headers.get('x-ratelimit-scope')).toBe('user');
    expect(limited.headers.get('x-ratelimit-remaining')).toBe('0');
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    // Reading, and another token, have windows of their own.
    expect((await call(discord, 'GET', original)).status).toBe(200);
    expect((await call(discord, 'PATCH', other.original, { content: 'x' })).status).toBe(200);
  });

  test('fills again, and its size can be changed or the limits be turned off', async () => {
    const discord = await openDiscord();
    discord.controls.set({ webhookBucket: { limit: 1, windowMs: 50 } });
    const { original } = await deferred(discord);
    expect((await call(discord, 'PATCH', original, { content: 'a' })).status).toBe(200);
    await expect
      .poll(async () => (await call(discord, 'PATCH', original, { content: 'b' })).status, {
        timeout: 10_000,
      })
      .toBe(200);
    discord.controls.set({ rateLimits: false });
    for (let i = 0; i < 10; i += 1) {
      const { status, headers } = await call(discord, 'PATCH', original, { content: `${i}` });
      expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, null]);
    }
  });

  test('does not count first answers', async () => {
    const discord = await openDiscord();
    const made = await Promise.all(Array.from({ length: 8 }, () => imagine(discord)));
    for (const { callback } of made) {
      const { status, headers } = await call(
        discord,
        'POST',
        callback,
        { type: 5 },
        { token: null },
      );
      expect([status, headers.get('x-ratelimit-limit')]).toEqual([204, null]);
    }
  });

  test('is waited out by discord.js', async () => {
    const discord = await openDiscord();
    discord.controls.set({ webhookBucket: { limit: 2, windowMs: 300 } });
    const { handle } = await (async () => {
      await connectBot(discord, async (interaction) => {
        if (!interaction.isChatInputCommand()) return;
        await interaction.deferReply();
        for (let i = 1; i <= 5; i += 1) await interaction.editReply(`${i}`);
      });
      return imagine(discord);
    })();
    await handle.when(() => (handle.response()?.content === '5' ? true : null));
    const limited = discord.requests.filter(({ status }) => status === 429);
    expect(limited).toEqual([]);
  });
});

test('a 429 can be forced, and discord.js tries again after it', async () => {
  const discord = await openDiscord();
  const { handle, original } = await deferred(discord);
  discord.controls.injectFault({
    match: { method: 'PATCH', route: '@original' },
    times: 2,
    effect: { kind: 'rate-limit', retryAfterMs: 30 },
  });
  const rest = new REST({ api: discord.apiUrl });
  const route = Routes.webhookMessage(discord.applicationId, handle.token);
  await rest.patch(route, { body: { content: 'through' }, auth: false });
  expect(handle.response()?.content).toBe('through');
  expect(
    discord.requests.filter(({ method }) => method === 'PATCH').map(({ status }) => status),
  ).toEqual([429, 429, 200]);
  discord.controls.injectFault({
    match: { method: 'PATCH' },
    effect: { kind: 'rate-limit', retryAfterMs: 1500, scope: 'global' },
  });
  const { json, headers } = await call(discord, 'PATCH', original, { content: 'x' });
  expect(json).toMatchObject({ global: true, retry_after: 1.5 });
  expect(headers.get('x-ratelimit-global')).toBe('true');
  expect(headers.get('x-ratelimit-scope')).toBe('global');
  expect(headers.get('retry-after')).toBe('2');
});

test('the bot token has fifty calls a second for all routes together', async () => {
  const discord = await openDiscord();
  discord.controls.set({ globalBucket: { limit: 3, windowMs: 60_000 } });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await call(discord, 'GET', '/users/@me')).status);
  expect(statuses).toEqual([200, 200, 200, 429]);
  const { callback } = await (async () => {
    discord.controls.reset();
    return imagine(discord);
  })();
  expect((await call(discord, 'POST', callback, { type: 5 })).status).toBe(204);
});

test('messages in a channel are five in five seconds', async () => {
  const discord = await openDiscord();
  expect(discord.controls.settings().channelBucket).toEqual({ limit: 5, windowMs: 5_000 });
  discord.controls.set({ channelBucket: { limit: 5, windowMs: 60_000 } });
  const path = `/channels/${discord.world.places.studioGeneral.id}/messages`;
  const other = `/channels/${discord.world.places.studioPictures.id}/messages`;
  const statuses = [];
  for (let i = 0; i < 6; i += 1)
    statuses.push((await call(discord, 'POST', path, { content: 'x' })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
  expect((await call(discord, 'POST', other, { content: 'x' })).status).toBe(200);
});
