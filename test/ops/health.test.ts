import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hold } from '../../src/discord/identify-pacer.ts';
import { createChecks, type HealthDeps } from '../../src/ops/health.ts';
import { ProviderMemory } from '../../src/ops/provider-memory.ts';
import { attemptEnded } from '../support/samples.ts';

let directory: string;
let gateway: { connected: boolean; drops: number; code: number | null };
let hold: Hold | null;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-health-'));
  gateway = { connected: true, drops: 0, code: null };
  hold = null;
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function check(name: string, change: Partial<HealthDeps> = {}) {
  const checks = await createChecks({
    gateway: {
      isConnected: () => gateway.connected,
      dropsSince: () => gateway.drops,
      closedFor: () => gateway.code,
      held: () => hold,
      pingMs: () => null,
    },
    checkDatabase: async () => {},
    unreadable: () => 0,
    clock: { aheadMs: () => 0, keepsForIt: () => false },
    spool: { directory, maxBytes: 1_000, usedBytes: () => 0 },
    provider: new ProviderMemory(() => 0),
    pictures: () => ({ state: 'ok', detail: 'running' }),
    isStopping: () => false,
    now: () => 0,
    ...change,
  })();
  return checks.find((one) => one.name === name);
}

describe('the gateway', () => {
  it('is well while it is connected, and named when it drops again and again', async () => {
    expect(await check('gateway')).toMatchObject({ state: 'ok' });
    gateway.drops = 1;
    expect(await check('gateway')).toMatchObject({
      state: 'ok',
      detail: expect.stringMatching(/1/),
    });
    gateway.drops = 2;
    expect(await check('gateway')).toMatchObject({ state: 'warn' });
    gateway.connected = false;
    expect(await check('gateway')).toMatchObject({ state: 'fail' });
  });

  it('says what to do when Discord closed it for good', async () => {
    gateway.code = 4_004;
    const { state, detail } = (await check('gateway')) ?? {};
    expect(state).toBe('fail');
    expect(detail).toContain('DISCORD_TOKEN');
  });

  it('says what is waited for before the next login, and until when', async () => {
    gateway.connected = false;
    hold = { why: 'budget', until: Date.UTC(2026, 10, 29) };
    expect(await check('gateway')).toMatchObject({
      state: 'fail',
      detail: expect.stringMatching(/few of the day’s logins are left.* until 2026-11-29T00:00:00/),
    });
    hold = { why: 'backoff', until: Date.UTC(2026, 10, 29) };
    expect((await check('gateway'))?.detail).toContain('the next login is at 2026-11-29T00:00:00');
  });

  it('tells the close code’s reason also while the process stops for it', async () => {
    gateway.code = 4_012;
    const found = await check('gateway', { isStopping: () => true });
    expect(found?.detail).toContain('(4012)');
  });

  it('counts as gone while the process stops, so that nothing more is sent here', async () => {
    expect(await check('gateway', { isStopping: () => true })).toMatchObject({ state: 'fail' });
  });
});

describe('the database and the disk', () => {
  it('fail with the reason when they cannot be written', async () => {
    const checkDatabase = () => Promise.reject(new Error('attempt to write a readonly database'));
    expect(await check('database', { checkDatabase })).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('readonly'),
    });
    const spool = { directory: join(directory, 'gone'), maxBytes: 1_000, usedBytes: () => 0 };
    expect(await check('disk', { spool })).toMatchObject({ state: 'fail' });
  });

  it('warn when the spool is nearly at its bound, and leave nothing behind', async () => {
    const spool = { directory, maxBytes: 1_000, usedBytes: () => 950 };
    expect(await check('disk', { spool })).toMatchObject({ state: 'warn' });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('the provider', () => {
  it('is against us from its refusal until it takes a request again', async () => {
    const provider = new ProviderMemory(() => 0);
    provider.note(attemptEnded('flash', { outcome: 'misconfigured', problem: 'key' }));
    expect(await check('provider', { provider })).toMatchObject({
      state: 'fail',
      detail: expect.stringContaining('ANYFAST_API_KEY'),
    });
    provider.note(attemptEnded('pro'));
    expect(await check('provider', { provider })).toMatchObject({ state: 'ok' });
  });

  it('may know one model and not the other', async () => {
    const provider = new ProviderMemory(() => 0);
    const problem = 'unknown_model';
    provider.note(attemptEnded('pro', { outcome: 'misconfigured', problem }));
    provider.note(attemptEnded('flash'));
    expect(await check('provider', { provider })).toMatchObject({ state: 'fail' });
    provider.note(attemptEnded('pro'));
    expect(await check('provider', { provider })).toMatchObject({ state: 'ok' });
  });
});

describe('the clock', () => {
  const of = (aheadMs: number | null, isKept = false) =>
    check('clock', { clock: { aheadMs: () => aheadMs, keepsForIt: () => isKept } });

  it('is well within five minutes of Discord’s, and named with its error beyond', async () => {
    expect((await of(299_000))?.state).toBe('ok');
    expect(await of(40 * 86_400_000, true)).toEqual({
      name: 'clock',
      state: 'warn',
      detail:
        '57600 minutes ahead of Discord’s: set it; nothing is erased until it agrees, for a day at most',
    });
    expect((await of(-600_000))?.detail).toBe('10 minutes behind Discord’s: set it');
  });

  it('warns before it was compared only where something waits for it', async () => {
    expect((await of(null))?.state).toBe('ok');
    expect((await of(null, true))?.state).toBe('warn');
  });
});

describe('records that were set aside', () => {
  it('are a warning of the database', async () => {
    expect(await check('database', { unreadable: () => 2 })).toMatchObject({
      state: 'warn',
      detail: expect.stringContaining('2 records'),
    });
  });
});
