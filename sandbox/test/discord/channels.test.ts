import { PermissionFlagsBits } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { connectBot } from './bot.ts';
import {
  call,
  deferred,
  form,
  imagine,
  openDiscord,
  PIXEL,
  registerCommands,
  routesOf,
} from './support.ts';

describe('with its own token the bot', () => {
  test('writes, reads, edits and deletes in a channel', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const path = `/channels/${places.studioGeneral.id}/messages`;
    const made = await call(discord, 'POST', path, form({ content: 'a' }, { 'a.png': PIXEL }));
    expect(made.json).toMatchObject({
      content: 'a',
      author: { id: people.bot.id, bot: true },
      attachments: [{ width: 1 }],
    });
    const one = `${path}/${made.json.id}`;
    expect((await call(discord, 'GET', one)).json.id).toBe(made.json.id);
    expect((await call(discord, 'PATCH', one, { content: 'b' })).json).toMatchObject({
      content: 'b',
      edited_timestamp: expect.any(String),
    });
    expect((await call(discord, 'DELETE', one)).status).toBe(204);
    expect(await call(discord, 'PATCH', one, { content: 'c' })).toMatchObject({
      status: 404,
      json: { code: 10_008 },
    });
  });

  test('writes in a thread by Send Messages in Threads, and by the overwrites of its parent', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const { studioGeneral: parent } = places;
    if (parent.kind !== 'guild') throw new Error('not in a guild');
    const thread = { ...parent, id: `${parent.id}1`, parentId: parent.id, overwrites: [] };
    discord.world.channels.push(thread);
    const status = async (id: string) =>
      (await call(discord, 'POST', `/channels/${id}/messages`, { content: 'a' })).status;
    expect((await call(discord, 'GET', `/channels/${thread.id}`)).json).toMatchObject({
      type: 11,
      parent_id: parent.id,
    });
    const deny = (bits: bigint) => {
      parent.overwrites = [{ id: people.bot.id, type: 'user', allow: 0n, deny: bits }];
    };
    deny(PermissionFlagsBits.SendMessages);
    expect([await status(parent.id), await status(thread.id)]).toEqual([403, 200]);
    deny(PermissionFlagsBits.SendMessagesInThreads);
    expect([await status(parent.id), await status(thread.id)]).toEqual([200, 403]);
  });

  test('lists messages newest first, in pages', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { people, places } = discord.world;
    for (const content of ['1', '2', '3', '4', '5']) {
      await discord.post({ userId: people.member.id, channelId: places.studioGeneral.id, content });
    }
    const list = async (query: string) =>
      (await call(discord, 'GET', `/channels/${places.studioGeneral.id}/messages?${query}`))
        .json as { id: string; content: string }[];
    const all = await list('');
    const contents = (some: { content: string }[]) => some.map(({ content }) => content).join('');
    expect(contents(all)).toBe('54321');
    expect(contents(await list('limit=2'))).toBe('54');
    expect(contents(await list(`before=${all[1]?.id}&limit=2`))).toBe('32');
    expect(contents(await list(`after=${all[4]?.id}&limit=2`))).toBe('32');
    expect(contents(await list(`around=${all[2]?.id}&limit=3`))).toBe('432');
    expect(
      (await call(discord, 'GET', `/channels/${places.studioGeneral.id}/messages?limit=101`))
        .status,
    ).toBe(400);
  });

  test('posts once with an enforced nonce, however often it tries', async () => {
    const discord = await openDiscord();
    const { places } = discord.world;
    const path = `/channels/${places.studioGeneral.id}/messages`;
    const body = { content: 'x', nonce: 'generation-1', enforce_nonce: true };
    discord.controls.injectFault({
      match: { method: 'POST' },
      effect: { kind: 'drop', when: 'after-effect' },
    });
    await expect(call(discord, 'POST', path, body)).rejects.toThrow();
    const again = await call(discord, 'POST', path, body);
    expect(again.json).toMatchObject({ nonce: 'generation-1' });
    expect(discord.messages(places.studioGeneral.id)).toHaveLength(1);
    await call(discord, 'POST', path, { ...body, enforce_nonce: false });
    expect(discord.messages(places.studioGeneral.id)).toHaveLength(2);
    const long = await call(discord, 'POST', path, { ...body, nonce: 'x'.repeat(26) });
    expect(long).toMatchObject({ status: 400, json: { code: 50_035 } });
  });

  test('edits its reply to an interaction, also after the token died, but no ephemeral one', async () => {
    const discord = await openDiscord();
    const open = await deferred(discord);
    const hidden = await deferred(discord, 64);
    discord.controls.ageTokens(16 * 60_000);
    const path = `/channels/${discord.world.places.studioGeneral.id}/messages`;
    const edited = await call(discord, 'PATCH', `${path}/${open.handle.response()?.id}`, {
      content: 'late',
    });
    expect(edited).toMatchObject({ status: 200, json: { content: 'late', flags: 0 } });
    expect(
      await call(discord, 'PATCH', `${path}/${hidden.handle.response()?.id}`, { content: 'late' }),
    ).toMatchObject({ status: 404, json: { code: 10_008 } });
  });

  test('is held to its permissions', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const { studioGeneral } = places;
    if (studioGeneral.kind !== 'guild') throw new Error('the world has changed');
    const path = `/channels/${studioGeneral.id}/messages`;
    const theirs = await discord.post({
      userId: people.member.id,
      channelId: studioGeneral.id,
      content: 'x',
    });
    expect((await call(discord, 'PATCH', `${path}/${theirs.id}`, { content: 'y' })).json.code).toBe(
      50_005,
    );
    expect((await call(discord, 'DELETE', `${path}/${theirs.id}`)).json.code).toBe(50_013);
    const deny = (denied: bigint) => {
      studioGeneral.overwrites = [{ id: people.bot.id, type: 'user', allow: 0n, deny: denied }];
    };
    deny(PermissionFlagsBits.AttachFiles);
    expect((await call(discord, 'POST', path, form({}, { 'a.png': PIXEL }))).json.code).toBe(
      50_013,
    );
    deny(PermissionFlagsBits.SendMessages);
    expect((await call(discord, 'POST', path, { content: 'x' })).json.code).toBe(50_013);
    deny(PermissionFlagsBits.ViewChannel);
    expect((await call(discord, 'GET', path)).json.code).toBe(50_001);
    studioGeneral.overwrites = [
      { id: people.bot.id, type: 'user', allow: PermissionFlagsBits.ManageMessages, deny: 0n },
    ];
    expect((await call(discord, 'DELETE', `${path}/${theirs.id}`)).status).toBe(204);
    for (const channel of [places.elsewhereGeneral, places.privateChat]) {
      expect((await call(discord, 'GET', `/channels/${channel.id}`)).json.code).toBe(50_001);
    }
    expect((await call(discord, 'GET', '/channels/100000000000000001')).json.code).toBe(10_003);
  });

  test('opens a DM and writes there', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const open = (id: string) => call(discord, 'POST', '/users/@me/channels', { recipient_id: id });
    expect((await open(people.member.id)).json.id).toBe(places.memberDm.id);
    const fresh = (await open(people.owner.id)).json;
    expect(fresh).toMatchObject({ type: 1, recipients: [{ id: people.owner.id }] });
    expect(
      (await call(discord, 'POST', `/channels/${fresh.id}/messages`, { content: 'x' })).status,
    ).toBe(200);
  });

  test('learns who and where it is', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    const get = async (path: string, token?: string | null) =>
      call(discord, 'GET', path, undefined, token === undefined ? {} : { token });
    expect((await get('/users/@me')).json).toMatchObject({ id: people.bot.id, bot: true });
    for (const path of ['/applications/@me', '/oauth2/applications/@me']) {
      expect((await get(path)).json).toMatchObject({
        id: discord.applicationId,
        bot: { id: people.bot.id },
      });
    }
    const guilds = (await get('/users/@me/guilds')).json;
    expect(guilds.map(({ name }: { name: string }) => name)).toEqual(['Studio', 'Annex']);
    expect((await get(`/guilds/${places.studio.id}`)).json).toMatchObject({
      name: 'Studio',
      owner_id: people.owner.id,
    });
    expect((await get(`/guilds/${places.elsewhere.id}`)).json.code).toBe(50_001);
    expect((await get('/guilds/100000000000000001')).json.code).toBe(10_004);
    const wrong = { status: 401, json: { message: '401: Unauthorized', code: 0 } };
    expect(await get('/users/@me', 'wrong')).toMatchObject(wrong);
    expect(await get('/users/@me', null)).toMatchObject(wrong);
    expect((await get('/gateway', null)).json.url).toMatch(/^ws:/);
    expect((await get('/gateway/bot', null)).status).toBe(401);
    expect((await get('/gateway/bot')).json).toMatchObject({
      shards: 1,
      session_start_limit: { max_concurrency: 1 },
    });
    const unknown = { status: 404, json: { message: '404: Not Found', code: 0 } };
    expect(await get('/nothing/here')).toMatchObject(unknown);
    expect(discord.requests.at(-1)).toMatchObject({
      route: null,
      status: 404,
      path: '/api/v10/nothing/here',
    });
  });
});

describe('where only the user installed the application', () => {
  test('it answers in DMs between people and in guilds without it, five follow-ups at most', async () => {
    const discord = await openDiscord();
    discord.controls.set({ rateLimits: false });
    const { people, places } = discord.world;
    const seen: unknown[] = [];
    await connectBot(discord, async (interaction) => {
      seen.push([
        interaction.context,
        interaction.authorizingIntegrationOwners.toJSON(),
        interaction.guildId,
      ]);
      if (interaction.isChatInputCommand()) await interaction.reply('hello');
    });
    for (const channel of [places.elsewhereGeneral, places.privateChat, places.installerDm]) {
      const handle = await discord.interact({
        kind: 'slash',
        userId: people.installer.id,
        channelId: channel.id,
        command: 'imagine',
        options: { prompt: 'x' },
      });
      expect((await handle.acknowledged).ephemeral).toBe(false);
      const { webhook } = routesOf(discord, handle);
      const statuses = [];
      for (let i = 0; i < 6; i += 1)
        statuses.push(await call(discord, 'POST', webhook, { content: `${i}` }));
      const limited = channel !== places.installerDm;
      expect(statuses.filter(({ status }) => status === 200)).toHaveLength(limited ? 5 : 6);
      if (limited) expect(statuses.at(-1)?.json.code).toBe(40_094);
    }
    const owner = people.installer.id;
    expect(seen).toEqual([
      [0, { 1: owner }, places.elsewhere.id],
      [2, { 1: owner }, null],
      [1, { 0: '0', 1: owner }, null],
    ]);
  });

  test('its answer is for the user alone where external apps are not allowed', async () => {
    const discord = await openDiscord();
    const { people, places } = discord.world;
    await connectBot(discord, async (interaction) => {
      if (interaction.isChatInputCommand()) await interaction.reply('hello');
    });
    const handle = await discord.interact({
      kind: 'slash',
      userId: people.installer.id,
      channelId: places.elsewhereQuiet.id,
      command: 'imagine',
      options: { prompt: 'x' },
    });
    expect(await handle.acknowledged).toMatchObject({ ephemeral: true });
    expect(handle.response()?.flags).toBe(64);
  });

  test('each person is offered what is for them', async () => {
    const discord = await openDiscord();
    await registerCommands(discord);
    const { people, places } = discord.world;
    const names = (userId: string, channelId: string) =>
      discord.offered(userId, channelId).map(({ name }) => name);
    const all = ['imagine', 'Edit picture', 'settings'];
    expect(names(people.owner.id, places.studioGeneral.id)).toEqual(all);
    expect(names(people.member.id, places.studioGeneral.id)).toEqual(all.slice(0, 2));
    expect(names(people.installer.id, places.privateChat.id)).toEqual(all.slice(0, 2));
    expect(names(people.otherMember.id, places.privateChat.id)).toEqual([]);
  });

  test('others do not find it', async () => {
    const discord = await openDiscord();
    await imagine(discord);
    const { people, places } = discord.world;
    const use = (userId: string, channelId: string, command = 'imagine') =>
      discord.interact({ kind: 'slash', userId, channelId, command, options: { prompt: 'x' } });
    await expect(use(people.member.id, places.elsewhereGeneral.id)).rejects.toThrow(/no command/);
    await expect(use(people.otherMember.id, places.privateChat.id)).rejects.toThrow(/no command/);
    await expect(use(people.owner.id, places.memberDm.id)).rejects.toThrow(/does not see/);
    await expect(use(people.installer.id, places.privateChat.id, 'settings')).rejects.toThrow(
      /no command/,
    );
    await expect(use(people.member.id, places.memberDm.id)).resolves.toBeDefined();
  });
});

test('people delete what they may', async () => {
  const discord = await openDiscord();
  const { people, places } = discord.world;
  const post = (userId: string) =>
    discord.post({ userId, channelId: places.studioGeneral.id, content: 'x' });
  const message = await post(people.member.id);
  expect(() => discord.remove(people.otherMember.id, message.id)).toThrow(/may not/);
  discord.remove(people.member.id, message.id);
  const other = await post(people.member.id);
  discord.remove(people.moderator.id, other.id);
  const reply = await deferred(discord);
  discord.remove(people.moderator.id, reply.handle.response()?.id ?? '');
  const edit = await call(discord, 'PATCH', reply.original, { content: 'x' });
  expect(edit).toMatchObject({ status: 404, json: { code: 10_008 } });
  const hidden = await deferred(discord, 64);
  const id = hidden.handle.response()?.id ?? '';
  expect(() => discord.remove(people.moderator.id, id)).toThrow(/may not/);
  discord.remove(people.member.id, id);
  expect(discord.messages(places.studioGeneral.id, people.member.id)).toEqual([]);
});
