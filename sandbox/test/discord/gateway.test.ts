import { once } from 'node:events';
import type { Transform } from 'node:stream';
import { constants, createInflate, createZstdDecompress } from 'node:zlib';
import { Client, Events, GatewayIntentBits } from 'discord.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import type { LocalDiscord } from '../../discord/local-discord.ts';
import { connectBot } from './bot.ts';
import { imagine, openDiscord } from './support.ts';

/** A bare gateway connection: what came in, and a way to wait for the next payload that fits. */
function openSocket(discord: LocalDiscord) {
  const socket = new WebSocket(`${discord.cdnOrigin.replace('http', 'ws')}/?v=10&encoding=json`);
  onTestFinished(() => socket.terminate());
  const received: { op: number; t: string | null; s: number | null; d: never }[] = [];
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  socket.on('message', (data) => received.push(JSON.parse(String(data))));
  return {
    closed,
    send: (payload: unknown) => socket.send(JSON.stringify(payload)),
    raw: (text: string) => socket.send(text),
    terminate: () => socket.terminate(),
    async next(op: number, t: string | null = null) {
      for (;;) {
        const index = received.findIndex((one) => one.op === op && (t === null || one.t === t));
        const found = received.splice(index, index < 0 ? 0 : 1)[0];
        if (found) return found as { op: number; t: string; s: number; d: Record<string, never> };
        await new Promise((resolve) => socket.once('message', resolve));
      }
    },
  };
}

const identify = (discord: LocalDiscord, change: Record<string, unknown> = {}) => ({
  op: 2,
  d: { token: discord.botToken, intents: 0, properties: {}, ...change },
});

describe('a client', () => {
  test('logs in without intents and receives interactions', async () => {
    const discord = await openDiscord();
    let seen = '';
    await connectBot(discord, async (interaction) => {
      seen = interaction.id;
      if (interaction.isChatInputCommand()) await interaction.reply('hello');
    });
    const { handle } = await imagine(discord);
    expect(await handle.acknowledged).toMatchObject({ type: 4, ephemeral: false });
    expect(seen).toBe(handle.id);
    expect(handle.response()?.content).toBe('hello');
  });

  test('gets its guilds with the Guilds intent, and only those that have the bot', async () => {
    const discord = await openDiscord();
    const client = await connectBot(discord, async () => {}, {
      intents: [GatewayIntentBits.Guilds],
    });
    await expect
      .poll(() => client.guilds.cache.map((guild) => guild.name).sort(), { timeout: 10_000 })
      .toEqual(['Annex', 'Studio']);
    expect(client.channels.cache.get(discord.world.places.studioGeneral.id)).toBeDefined();
  });

  test('hears of messages when it asks to', async () => {
    const discord = await openDiscord();
    const client = await connectBot(discord, async () => {}, {
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages],
    });
    const heard = new Promise((resolve) => client.once(Events.MessageCreate, resolve));
    const { people, places } = discord.world;
    await discord.post({
      userId: people.member.id,
      channelId: places.studioGeneral.id,
      content: 'hi',
    });
    expect(await heard).toMatchObject({ content: 'hi' });
  });

  test('is refused with a wrong token', async () => {
    const discord = await openDiscord();
    const client = new Client({ intents: [], rest: { api: discord.apiUrl } });
    onTestFinished(() => client.destroy());
    await expect(client.login('wrong')).rejects.toThrow(/token/i);
  });

  test('resumes after a lost connection and gets what it missed', async () => {
    const discord = await openDiscord();
    const bot = await connectBot(discord, async (interaction) => {
      if (interaction.isChatInputCommand()) await interaction.reply('late, but here');
    });
    const resumed = new Promise((resolve) => bot.once(Events.ShardResume, resolve));
    const gone = discord.events.next('gateway', {
      where: (event) => event.direction === 'disconnect',
    });
    discord.controls.dropGateway();
    await gone;
    expect(discord.connections()).toBe(0);
    const { handle } = await imagine(discord);
    await resumed;
    expect(await handle.acknowledged).toMatchObject({ type: 4 });
  });

  // Together, because discord.js waits five seconds between two identifies.
  test('comes back when told to, and when its session is lost or invalid', async () => {
    const disturbances = [
      (discord: LocalDiscord) => discord.controls.askToReconnect(),
      (discord: LocalDiscord) => discord.controls.dropGateway({ forget: true }),
      (discord: LocalDiscord) => discord.controls.invalidateSessions(),
      (discord: LocalDiscord) => discord.controls.invalidateSessions(true),
    ];
    const discords = await Promise.all(disturbances.map(() => openDiscord()));
    await Promise.all(
      disturbances.map(async (disturb, index) => {
        const discord = discords[index];
        if (!discord) return;
        await connectBot(discord, async (interaction) => {
          if (interaction.isChatInputCommand()) await interaction.reply('back');
        });
        const back = discord.events.next('gateway', {
          where: ({ direction, t }) => direction === 'out' && (t === 'READY' || t === 'RESUMED'),
        });
        disturb(discord);
        await back;
        const { handle } = await imagine(discord);
        expect(await handle.acknowledged).toMatchObject({ type: 4 });
      }),
    );
  }, 20_000);

  test('notices a connection that is dead without a close', async () => {
    const discord = await openDiscord();
    discord.controls.set({ heartbeatIntervalMs: 100 });
    await connectBot(discord, async () => {});
    const back = discord.events.next('gateway', { where: ({ t }) => t === 'RESUMED' });
    discord.controls.set({ heartbeatAcks: false });
    await discord.events.next('gateway', { where: ({ direction }) => direction === 'disconnect' });
    discord.controls.set({ heartbeatAcks: true });
    await back;
  }, 20_000);
});

describe('the gateway', () => {
  test('says hello, acknowledges heartbeats and names the resume address', async () => {
    const discord = await openDiscord();
    const socket = openSocket(discord);
    expect((await socket.next(10)).d).toEqual({ heartbeat_interval: 41_250 });
    socket.send({ op: 1, d: null });
    await socket.next(11);
    socket.send(identify(discord));
    const ready = await socket.next(0, 'READY');
    expect(ready.s).toBe(1);
    expect(ready.d).toMatchObject({
      v: 10,
      user: { id: discord.world.people.bot.id },
      application: { id: discord.applicationId },
      resume_gateway_url: expect.stringContaining('ws://127.0.0.1'),
      session_id: expect.any(String),
    });
  });

  test.each([
    [4004, 'a wrong token', (d: LocalDiscord) => identify(d, { token: 'wrong' })],
    [4013, 'unknown intents', (d: LocalDiscord) => identify(d, { intents: 2 ** 30 })],
    [4014, 'intents that are not granted', (d: LocalDiscord) => identify(d, { intents: 2 })],
    [4010, 'a shard that is not there', (d: LocalDiscord) => identify(d, { shard: [2, 2] })],
    [4003, 'a presence before identifying', () => ({ op: 3, d: {} })],
    [4001, 'an unknown opcode', () => ({ op: 77 })],
  ])('closes with %i on %s', async (code, _what, payload) => {
    const discord = await openDiscord();
    const socket = openSocket(discord);
    await socket.next(10);
    socket.send(payload(discord));
    expect(await socket.closed).toBe(code);
  });

  test('closes with 4002 on what is no JSON and 4005 on a second identify', async () => {
    const discord = await openDiscord();
    const first = openSocket(discord);
    await first.next(10);
    first.raw('{');
    expect(await first.closed).toBe(4002);
    const second = openSocket(discord);
    await second.next(10);
    second.send(identify(discord));
    await second.next(0, 'READY');
    second.send(identify(discord));
    expect(await second.closed).toBe(4005);
  });

  test('replays exactly the missed events on a resume', async () => {
    const discord = await openDiscord();
    const first = openSocket(discord);
    await first.next(10);
    first.send(identify(discord));
    const ready = await first.next(0, 'READY');
    const { session_id: sessionId } = ready.d as unknown as { session_id: string };
    const one = await imagine(discord);
    await first.next(0, 'INTERACTION_CREATE');
    first.terminate();
    await first.closed;
    await discord.events.next('gateway', { where: (event) => event.direction === 'disconnect' });
    const two = await imagine(discord);

    const second = openSocket(discord);
    await second.next(10);
    second.send({ op: 6, d: { token: discord.botToken, session_id: sessionId, seq: 2 } });
    const missed = await second.next(0, 'INTERACTION_CREATE');
    expect(missed).toMatchObject({ s: 3, d: { id: two.handle.id } });
    expect((await second.next(0, 'RESUMED')).s).toBe(4);
    expect(one.handle.id).not.toBe(two.handle.id);
  });

  test('answers a resume of an unknown session with an invalid session', async () => {
    const discord = await openDiscord();
    const socket = openSocket(discord);
    await socket.next(10);
    socket.send({ op: 6, d: { token: discord.botToken, session_id: 'unknown', seq: 0 } });
    expect((await socket.next(9)).d).toBe(false);
  });

  test.each([
    ['zlib-stream', () => createInflate({ flush: constants.Z_SYNC_FLUSH })],
    ['zstd-stream', () => createZstdDecompress()],
  ])('compresses as one %s for clients that ask for it', async (method, open) => {
    const discord = await openDiscord();
    const address = `${discord.cdnOrigin.replace('http', 'ws')}/?v=10&compress=${method}`;
    const socket = new WebSocket(address);
    onTestFinished(() => socket.terminate());
    const inflate: Transform = open();
    socket.on('message', (data) => inflate.write(data));
    const [hello] = await once(inflate, 'data');
    expect(JSON.parse(String(hello))).toMatchObject({ op: 10 });
    socket.send(JSON.stringify(identify(discord)));
    const [ready] = await once(inflate, 'data');
    expect(JSON.parse(String(ready))).toMatchObject({ op: 0, t: 'READY' });
  });

  test('keeps no token in its events', async () => {
    const discord = await openDiscord();
    const seen: unknown[] = [];
    discord.events.on('gateway', (event) => seen.push(event));
    await connectBot(discord, async () => {});
    const { handle } = await imagine(discord);
    const text = JSON.stringify(seen);
    expect(text).toContain('INTERACTION_CREATE');
    expect(text).not.toContain(handle.token);
    expect(text).not.toContain(discord.botToken);
  });
});
