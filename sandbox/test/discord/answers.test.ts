import { describe, expect, test } from 'vitest';
import { call, deferred, form, imagine, openDiscord, PIXEL, routesOf } from './support.ts';

describe('the first answer', () => {
  test('may come once, within the time, and needs no bot token', async () => {
    const discord = await openDiscord();
    const { callback, handle } = await imagine(discord);
    const body = { type: 4, data: { content: 'x' } };
    expect((await call(discord, 'POST', callback, body, { token: null })).status).toBe(204);
    expect(await call(discord, 'POST', callback, body, { token: null })).toMatchObject({
      status: 400,
      json: { code: 40_060 },
    });
    expect(handle.response()).toMatchObject({ content: 'x', type: 20 });

    discord.controls.set({ acknowledgeWithinMs: 1 });
    const late = await imagine(discord);
    await late.handle.acknowledged.catch(() => {});
    expect(await call(discord, 'POST', late.callback, body)).toMatchObject({
      status: 404,
      json: { message: 'Unknown interaction', code: 10_062 },
    });
    const wrong = callback.replace(handle.token, 'x'.repeat(20));
    expect((await call(discord, 'POST', wrong, body)).json.code).toBe(10_062);
  });

  test('is given back when asked for', async () => {
    const discord = await openDiscord();
    const { callback, handle } = await imagine(discord);
    const body = { type: 5, data: { flags: 64 } };
    const { status, json } = await call(discord, 'POST', `${callback}?with_response=true`, body);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      interaction: {
        id: handle.id,
        type: 2,
        response_message_id: handle.response()?.id,
        response_message_loading: true,
        response_message_ephemeral: true,
      },
      resource: { type: 5, message: { flags: 64 | 128 } },
    });
  });

  test('carries files as multipart', async () => {
    const discord = await openDiscord();
    const { callback, handle } = await imagine(discord);
    const payload = { type: 4, data: { attachments: [{ id: 0, description: 'alt' }] } };
    await call(discord, 'POST', callback, form(payload, { 'a.png': PIXEL }));
    expect(handle.response()?.attachments).toMatchObject([
      { filename: 'a.png', description: 'alt' },
    ]);
  });

  test.each([
    [6, 'a slash command'],
    [7, 'a slash command'],
    [8, 'a slash command'],
    [1, 'a slash command'],
    [77, 'a slash command'],
  ])('of type %i is refused for %s', async (type) => {
    const discord = await openDiscord();
    const { callback } = await imagine(discord);
    const { status, json } = await call(discord, 'POST', callback, {
      type,
      data: { content: 'x' },
    });
    expect(status).toBe(400);
    expect(json.errors.type._errors[0].code).toBe('BASE_TYPE_CHOICES');
  });

  test('to a form or to typing follows its own rules', async () => {
    const discord = await openDiscord();
    const { callback, handle } = await imagine(discord);
    const components = [
      { type: 18, label: 'l', component: { type: 4, custom_id: 'i', style: 1, required: false } },
    ];
    const modal = { type: 9, data: { custom_id: 'm', title: 't', components } };
    expect((await call(discord, 'POST', callback, modal)).status).toBe(204);
    const { people, places } = discord.world;
    const sent = await discord.interact({
      kind: 'modal',
      userId: people.member.id,
      interactionId: handle.id,
      fields: {},
    });
    const typed = await discord.interact({
      kind: 'autocomplete',
      userId: people.member.id,
      channelId: places.studioGeneral.id,
      command: 'imagine',
      focused: 'prompt',
    });
    const refuse = async (made: { id: string; token: string }, body: unknown) =>
      expect((await call(discord, 'POST', routesOf(discord, made).callback, body)).status).toBe(
        400,
      );
    // No form after a form, and no update without a message below it.
    await refuse(sent, modal);
    await refuse(sent, { type: 6 });
    await refuse(typed, { type: 5 });
    await refuse(typed, { type: 8, data: { choices: Array(26).fill({ name: 'a', value: 'a' }) } });
    await refuse(typed, { type: 8, data: { choices: [{ name: 'x'.repeat(101), value: 'a' }] } });
    const choices = [{ name: 'a', value: 'a' }];
    const { callback: answer } = routesOf(discord, typed);
    expect((await call(discord, 'POST', answer, { type: 8, data: { choices } })).status).toBe(204);
    expect(typed.choices()).toEqual(choices);
  });
});

describe('an interaction token', () => {
  test('works only after the first answer', async () => {
    const discord = await openDiscord();
    const { original, webhook } = await imagine(discord);
    for (const [method, path] of [
      ['PATCH', original],
      ['POST', webhook],
      ['GET', original],
    ] as const) {
      const body = method === 'GET' ? undefined : { content: 'x' };
      expect(await call(discord, method, path, body)).toMatchObject({
        status: 404,
        json: { message: 'Unknown Webhook', code: 10_015 },
      });
    }
  });

  test('dies after fifteen minutes, by the clock or when aged', async () => {
    let time = Date.now();
    const discord = await openDiscord({ now: () => time });
    const first = await deferred(discord);
    time += 15 * 60_000 - 1;
    expect((await call(discord, 'PATCH', first.original, { content: 'x' })).status).toBe(200);
    time += 1;
    const dead = { status: 401, json: { message: 'Invalid Webhook Token', code: 50_027 } };
    expect(await call(discord, 'PATCH', first.original, { content: 'y' })).toMatchObject(dead);
    const second = await deferred(discord);
    const third = await deferred(discord);
    discord.controls.ageTokens(15 * 60_000, second.handle.id);
    expect(await call(discord, 'POST', second.webhook, { content: 'y' })).toMatchObject(dead);
    expect((await call(discord, 'PATCH', third.original, { content: 'y' })).status).toBe(200);
    const unknown = `/webhooks/${discord.applicationId}/${'x'.repeat(30)}`;
    expect(await call(discord, 'POST', unknown, { content: 'y' })).toMatchObject(dead);
  });

  test('reads, edits and deletes only what it wrote', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const one = await deferred(discord);
    const two = await deferred(discord);
    const other = two.handle.response()?.id;
    const gone = { status: 404, json: { message: 'Unknown Message', code: 10_008 } };
    const path = `${one.webhook}/messages/${other}`;
    expect(await call(discord, 'PATCH', path, { content: 'x' })).toMatchObject(gone);
    expect(await call(discord, 'DELETE', path)).toMatchObject(gone);
    expect((await call(discord, 'GET', one.original)).json).toMatchObject({ flags: 128 });
    await call(discord, 'PATCH', one.original, { content: 'x' });
    const extra = await call(discord, 'POST', one.webhook, { content: 'more' });
    const edited = await call(discord, 'PATCH', `${one.webhook}/messages/${extra.json.id}`, {
      content: 'z',
    });
    expect(edited.json).toMatchObject({ content: 'z', edited_timestamp: expect.any(String) });
    expect((await call(discord, 'DELETE', one.original)).status).toBe(204);
    expect(await call(discord, 'PATCH', one.original, { content: 'x' })).toMatchObject(gone);
    expect(await call(discord, 'GET', one.original)).toMatchObject(gone);
    expect(one.handle.response()).toBeNull();
  });

  test('fills the deferred message by its first follow-up, which keeps its privacy', async () => {
    const discord = await openDiscord();
    const { handle, webhook } = await deferred(discord, 64);
    const filled = await call(discord, 'POST', webhook, { content: 'first', flags: 0 });
    expect(filled.json).toMatchObject({ id: handle.response()?.id, flags: 64, content: 'first' });
    const next = await call(discord, 'POST', webhook, { content: 'second' });
    expect(next.json).toMatchObject({ flags: 0, type: 19, webhook_id: discord.applicationId });
    expect(handle.followups().map(({ content }) => content)).toEqual(['second']);
  });
});

describe('the files of a message', () => {
  const names = (json: { attachments: { filename: string }[] }) =>
    json.attachments.map(({ filename }) => filename);

  test('stay when an edit names none, and are replaced or kept by the list', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { original } = await deferred(discord);
    const edit = async (payload: unknown, files?: Record<string, Uint8Array>) =>
      (await call(discord, 'PATCH', original, files ? form(payload, files) : payload)).json;
    expect(names(await edit({ content: 'x' }, { 'a.png': PIXEL, 'b.png': PIXEL }))).toEqual([
      'a.png',
      'b.png',
    ]);
    expect(names(await edit({ content: 'y' }))).toEqual(['a.png', 'b.png']);
    const added = await edit({}, { 'c.png': PIXEL });
    expect(names(added)).toEqual(['a.png', 'b.png', 'c.png']);
    const [a, , c] = added.attachments;
    const mixed = await edit(
      {
        attachments: [
          { id: c.id, description: 'new alt' },
          { id: 0, filename: 'd.png' },
          { id: a.id },
        ],
      },
      { 'x.png': PIXEL },
    );
    expect(names(mixed)).toEqual(['c.png', 'd.png', 'a.png']);
    expect(mixed.attachments[0]).toMatchObject({ id: c.id, description: 'new alt' });
    expect(names(await edit({ attachments: [] }))).toEqual([]);
  });

  test('are kept when an embed shows them, and named again from there', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { handle, original } = await deferred(discord);
    const embeds = [{ image: { url: 'attachment://a.png' } }];
    const first = await call(discord, 'PATCH', original, form({ embeds }, { 'a.png': PIXEL }));
    expect(first.json.attachments).toEqual([]);
    const address = first.json.embeds[0].image.url;
    // Both ways to name the file that is there already.
    for (const url of ['attachment://a.png', address]) {
      const again = await call(discord, 'PATCH', original, {
        embeds: [{ title: 't', image: { url } }],
      });
      expect(again.json.embeds[0].image).toMatchObject({ width: 1, height: 1 });
      expect(again.json.attachments).toEqual([]);
    }
    // Without its embed the file comes out.
    const bare = await call(discord, 'PATCH', original, { embeds: [], content: 'x' });
    expect(names(bare.json)).toEqual(['a.png']);
    const id = bare.json.attachments[0].id;
    expect(discord.filesOf(handle.response()?.id ?? '')[0]?.id).toBe(id);
    expect((await call(discord, 'PATCH', original, { attachments: [] })).json.attachments).toEqual(
      [],
    );
    expect(discord.filesOf(handle.response()?.id ?? '')).toEqual([]);
  });

  test('are ten at most', async () => {
    const discord = await openDiscord();
    const { original } = await deferred(discord);
    const many = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}.png`, PIXEL]));
    expect(await call(discord, 'PATCH', original, form({}, many))).toMatchObject({
      status: 400,
      json: { code: 30_015 },
    });
  });
});
