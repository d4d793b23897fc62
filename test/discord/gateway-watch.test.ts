import { startLocalDiscord } from '@darkroom/sandbox/discord';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { waitAtMost } from '../../src/async/wait-at-most.ts';
import { createClient } from '../../src/discord/gateway-client.ts';
import { GatewayWatch, labelOfClose } from '../../src/discord/gateway-watch.ts';
import type { Hold } from '../../src/discord/identify-pacer.ts';
import { silentLog } from '../support/samples.ts';

/** A client that is watched from its first connection on. */
async function open({ hold = null as Hold | null, log = silentLog } = {}) {
  const seen = { stuck: 0, closes: [] as number[] };
  const discord = await startLocalDiscord();
  const client = createClient({ apiUrl: discord.apiUrl, log: silentLog });
  const watch = new GatewayWatch(client, {
    now: Date.now,
    isStopping: () => false,
    held: () => hold,
    onDrop: () => {},
    onClose: (code) => seen.closes.push(code),
    onClosedForGood: () => {},
    onStuck: () => seen.stuck++,
    log,
    stuckAfterMs: 1_000,
  });
  onTestFinished(async () => {
    // While it waits for READY, discord.js destroys a client that hangs.
    await waitAtMost(500, client.destroy());
    await discord.close();
  });
  return { discord, client, watch, seen };
}

it('tells of a connection that neither comes back nor ends, which discord.js waits for for ever', async () => {
  const { discord, client, watch, seen } = await open();
  await client.login(discord.botToken);
  await expect.poll(() => watch.isConnected()).toBe(true);
  discord.controls.answerLogins({ resume: 'silence' });
  discord.controls.dropGateway();
  await expect.poll(() => seen.stuck, { timeout: 20_000 }).toBeGreaterThan(0);
});

it('takes no wait for the next login for such a connection', async () => {
  const { discord, client, seen } = await open({ hold: { why: 'budget', until: 0 } });
  discord.controls.answerLogins({ identify: 'silence' });
  client.login(discord.botToken).catch(() => {});
  let silence: unknown = null;
  discord.events.on('gateway', ({ direction, op }) => {
    if (direction === 'in' && op === 2) silence = setTimeout(() => (silence = 'over'), 3_000);
  });
  await expect.poll(() => silence, { timeout: 20_000 }).toBe('over');
  expect(seen.stuck).toBe(0);
});

it('counts each close with its code, before the first READY as well', async () => {
  const { discord, client, seen } = await open();
  discord.controls.answerLogins({ identify: { close: 4_000 } });
  client.login(discord.botToken).catch(() => {});
  await expect.poll(() => seen.closes[0], { timeout: 20_000 }).toBe(4_000);
});

it('gives up a session that Discord calls invalid and resumable again and again, and says so once', async () => {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const { discord, client, watch } = await open({ log });
  const sent: number[] = [];
  discord.events.on('gateway', ({ direction, op }) => {
    if (direction === 'in' && (op === 2 || op === 6)) sent.push(op);
  });
  await client.login(discord.botToken);
  discord.controls.answerLogins({ resume: { invalid: { resumable: true } } });
  discord.controls.dropGateway();
  await expect.poll(() => sent.at(-1), { timeout: 20_000 }).toBe(6);
  await expect.poll(() => sent.at(-1), { timeout: 20_000 }).toBe(2);
  await expect.poll(() => watch.isConnected(), { timeout: 20_000 }).toBe(true);
  expect(sent).toEqual([2, 6, 6, 6, 2]);
  expect(lines.filter((line) => line.includes('op 9'))).toHaveLength(1);
});

it('has a bounded number of labels for close codes', () => {
  expect([1000, 1006, 4004, 4200, 1015, 3000, 4999].map(labelOfClose)).toEqual([
    ...['1000', '1006', '4004', '4200'],
    ...['other', 'other', 'other'],
  ]);
});
