import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { buttonsOf, type Sandbox, startSandbox, watchReply } from '@darkroom/sandbox';
import type { InteractionHandle, Message } from '@darkroom/sandbox/discord';
import sharp from 'sharp';
import { afterEach, describe, expect, it } from 'vitest';
import { childrenOf, isGone } from '../images/process-client/processes.ts';
import {
  bombAvif,
  crowdedAvif,
  dottedGif,
  solidJpeg,
  solidPng,
  solidTiff,
} from './support/pictures.ts';

/** What bot and picture process may have together, at any moment. */
const MOST_MIB = 450;
const WITHIN = { timeout: 60_000, interval: 50 };

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function start(env: Record<string, string> = {}): Promise<void> {
  sandbox = await startSandbox({ env: { OPS_PORT: '0', USER_CONCURRENT: '20', ...env } });
  sandbox.discord.controls.set({ rateLimits: false });
}

const pid = () => sandbox.bot?.pid ?? 0;
const channelId = () => sandbox.discord.world.places.studioGeneral.id;

async function edit(userId: string, name: string, bytes: Buffer): Promise<InteractionHandle> {
  const { id: image } = await sandbox.discord.upload(userId, { name, bytes });
  const options = { image, instruction: `brighten ${name}` };
  return await sandbox.discord.interact({
    ...{ kind: 'slash', command: 'edit', userId, channelId: channelId(), options },
  });
}

async function imagine(userId: string): Promise<InteractionHandle> {
  const options = { prompt: 'a quiet harbour' };
  return await sandbox.discord.interact({
    ...{ kind: 'slash', command: 'imagine', userId, channelId: channelId(), options },
  });
}

async function endOf(handle: InteractionHandle) {
  const { ok, kind, message } = await watchReply(sandbox.discord, handle, { timeoutMs: 110_000 });
  return { ok, kind, said: message?.embeds.at(-1)?.description ?? '' };
}

/** Resident MiB of a process; 0 when it is gone. */
async function residentMib(of: number): Promise<number> {
  const status = await readFile(`/proc/${of}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024;
}

/** Follows what the bot and its processes have together, until stopped; returns the most. */
function watchMemory(of: number): () => Promise<{ together: number; bot: number }> {
  const over = new AbortController();
  const most = { together: 0, bot: 0 };
  const watching = (async () => {
    while (!over.signal.aborted) {
      const children = await childrenOf(of).catch(() => []);
      const [bot = 0, ...rest] = await Promise.all([of, ...children].map(residentMib));
      most.bot = Math.max(most.bot, bot);
      most.together = Math.max(
        most.together,
        rest.reduce((sum, mib) => sum + mib, bot),
      );
      await delay(10);
    }
  })();
  return async () => {
    over.abort();
    await watching;
    return most;
  };
}

async function readiness(): Promise<{
  status: number;
  pictures: { state: string; detail: string };
}> {
  const address = /"address":"([\d.:]+)"/.exec(sandbox.bot?.output() ?? '')?.[1];
  const response = await fetch(`http://${address}/readyz`);
  const { checks } = (await response.json()) as {
    checks: { name: string; state: string; detail: string }[];
  };
  const found = checks.find(({ name }) => name === 'pictures');
  return { status: response.status, pictures: found ?? { state: 'none', detail: '' } };
}

/** The picture process, as soon as there is one. */
async function pictureProcess(): Promise<number> {
  await expect.poll(async () => (await childrenOf(pid())).length, WITHIN).toBeGreaterThan(0);
  return (await childrenOf(pid()))[0] ?? 0;
}

const cancelOf = (message: Message) =>
  buttonsOf(message).find(({ label }) => label === 'Cancel')?.customId;

const smallGif = () =>
  sharp({ create: { width: 40, height: 30, channels: 3, background: '#c92a2a' } })
    .gif()
    .toBuffer();

const attackFiles: Record<string, () => [string, Buffer][]> = {
  'pictures of many pixels in few bytes': () => [
    ['bomb.avif', bombAvif()],
    ['turned.tiff', solidTiff({ width: 10_000, height: 10_000 })],
    ['canvas.gif', dottedGif({ width: 10_000, height: 10_000 }, 20)],
    ['crowded.avif', crowdedAvif()],
  ],
  'pictures that need the whole of their pixels at once': () => [
    [
      'phone.jpg',
      solidJpeg({ width: 8_192, height: 6_144 }, { isProgressive: true, orientation: 6 }),
    ],
    ['deep.png', solidPng({ width: 8_192, height: 6_144 }, { bits: 16, orientation: 6 })],
    [
      'interlaced.png',
      solidPng({ width: 6_000, height: 4_000 }, { isInterlaced: true, orientation: 8 }),
    ],
    ['canvas.gif', dottedGif({ width: 5_800, height: 5_800 }, 20)],
  ],
  'pictures just within every bound': () => [
    ['phone.jpg', solidJpeg({ width: 16_320, height: 12_240 }, { orientation: 6 })],
    ['strip.tiff', solidTiff({ width: 10_000, height: 10_000 }, { rowsPerStrip: 10_000 })],
    [
      'half.jpg',
      solidJpeg({ width: 4_500, height: 4_000 }, { isProgressive: true, orientation: 5 }),
    ],
    ['canvas.gif', dottedGif({ width: 5_800, height: 5_800 })],
  ],
};

describe.runIf(process.platform === 'linux')('four people who attach', () => {
  it.each(Object.keys(attackFiles))(
    '%s keep nobody from theirs, and the whole within its memory',
    async (name) => {
      await start();
      const files = attackFiles[name]?.() ?? [];
      const { people } = sandbox.discord.world;
      const attackers = [people.member, people.otherMember, people.moderator, people.owner];
      const before = pid();
      const stop = watchMemory(before);
      const attacks = await Promise.all(
        attackers.map(({ id }, index) => edit(id, ...(files[index] ?? ['', Buffer.alloc(0)]))),
      );
      const ordinary = [await imagine(people.member.id), await imagine(people.otherMember.id)];
      for (const handle of ordinary) expect(await endOf(handle)).toMatchObject({ ok: true });
      for (const handle of attacks) {
        const { ok, kind, said } = await endOf(handle);
        if (!ok)
          expect([kind, said]).toEqual(['reference', expect.stringMatching(/\*\*\w+\.\w+\*\*/)]);
      }
      const photo = await edit(people.member.id, 'small.gif', await smallGif());
      expect(await endOf(photo)).toMatchObject({ ok: true });
      const most = await stop();
      expect(most.together).toBeLessThan(MOST_MIB);
      expect(pid()).toBe(before);
      expect(sandbox.bot?.output()).not.toContain('unhandled');
    },
    120_000,
  );
});

describe.runIf(process.platform === 'linux')('a picture process that is stopped', () => {
  it('holds up nobody who needs none, nor Cancel, and is told, killed and started anew', async () => {
    await start({ MAX_CONCURRENT: '2' });
    const { people } = sandbox.discord.world;
    const held = await edit(people.member.id, 'held.gif', await smallGif());
    const stopped = await pictureProcess();
    process.kill(stopped, 'SIGSTOP');
    // More than there are places: their thumbnails wait, and they do not.
    const ordinary = await Promise.all([1, 2, 3, 4].map(() => imagine(people.otherMember.id)));
    for (const handle of ordinary) expect(await endOf(handle)).toMatchObject({ ok: true });
    await expect.poll(async () => (await readiness()).pictures.state, WITHIN).not.toBe('ok');
    await expect.poll(() => isGone(stopped), WITHIN).toBe(true);
    expect(await endOf(held)).toMatchObject({ ok: true });
    await expect.poll(async () => (await readiness()).status, WITHIN).toBe(200);
    expect((await readiness()).pictures).toEqual({
      name: 'pictures',
      state: 'warn',
      detail: expect.stringContaining('stood still'),
    });
  }, 120_000);

  it('is left at once by who cancels, and ends with the bot', async () => {
    await start();
    const { member } = sandbox.discord.world.people;
    const held = await edit(member.id, 'held.gif', await smallGif());
    const first = await pictureProcess();
    process.kill(first, 'SIGSTOP');
    const message = await held.when(() => {
      const shown = held.response();
      return shown !== null && cancelOf(shown) !== undefined ? shown : null;
    });
    await sandbox.discord.interact({
      ...{ kind: 'button', messageId: message.id, channelId: channelId(), userId: member.id },
      customId: cancelOf(message) ?? '',
    });
    expect(await endOf(held)).toMatchObject({ ok: false, kind: 'cancelled' });
    const bot = sandbox.bot;
    await edit(member.id, 'held.gif', await smallGif());
    let second = 0;
    await expect
      .poll(async () => {
        second = (await childrenOf(pid())).find((child) => child !== first) ?? 0;
        return second;
      }, WITHIN)
      .toBeGreaterThan(0);
    process.kill(second, 'SIGSTOP');
    await bot?.stop('SIGTERM', 60_000);
    expect((await bot?.exited)?.signal).toBe('SIGTERM');
    expect(await isGone(second)).toBe(true);
  }, 120_000);
});
