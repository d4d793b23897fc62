import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startLocalDiscord } from '@darkroom/sandbox/discord';
import { Events } from 'discord.js';
import { expect, it, onTestFinished } from 'vitest';
import { waitAtMost } from '../../src/async/wait-at-most.ts';
import { createClient } from '../../src/discord/gateway-client.ts';
import {
  IdentifyPacer,
  type IdentifyPacerDeps,
  readIdentifyBudget,
} from '../../src/discord/identify-pacer.ts';
import { silentLog } from '../support/samples.ts';

const HOUR_MS = 60 * 60_000;
const never = new AbortController().signal;

/** What `GET /gateway/bot` answers: a status alone, or the budget that Discord has at that moment. */
type Answer = (
  atMs: number,
) =>
  | number
  | { remaining: number; resetAfterMs: number; total?: number }
  | { limit: object; url?: string | undefined };

const limitOf = (told: { remaining: number; resetAfterMs: number; total?: number }) => ({
  total: told.total ?? 1_000,
  remaining: told.remaining,
  reset_after: told.resetAfterMs,
  max_concurrency: 1,
});

/**
 * A client that asks a real server and waits by a clock of its own, which stands still but for its
 * waits. Counts the requests.
 */
async function open(
  answer: Answer,
  { random = () => 0, ...deps }: Partial<IdentifyPacerDeps> = {},
) {
  const clock = { now: Date.UTC(2026, 10, 28) };
  const seen = { asked: 0, identifies: 0, refused: 0, held: 0 };
  const server = createServer((_, response) => {
    seen.asked++;
    const answered = answer(clock.now);
    const status = typeof answered === 'number' ? answered : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    if (typeof answered === 'number') {
      response.end('{"message":"no","code":0}');
      return;
    }
    const limit = 'limit' in answered ? answered.limit : limitOf(answered);
    const url = 'url' in answered ? answered.url : 'ws://127.0.0.1:9';
    response.end(JSON.stringify({ url, shards: 1, session_start_limit: limit }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const client = createClient({ apiUrl: `http://127.0.0.1:${port}/api`, log: silentLog });
  client.rest.setToken('a-token');
  onTestFinished(async () => {
    await client.destroy();
    server.closeAllConnections();
    server.close();
  });
  const pacer = new IdentifyPacer(client, {
    log: silentLog,
    now: () => clock.now,
    onIdentify: () => seen.identifies++,
    onRefused: () => seen.refused++,
    random,
    wait: async (ms, signal) => {
      signal.throwIfAborted();
      if (!(ms >= 0)) throw new Error(`a wait of ${ms}`);
      clock.now += ms;
    },
    ...deps,
  });
  const throttler = await client.options.ws?.buildIdentifyThrottler?.(undefined as never);
  return {
    clock,
    seen,
    pacer,
    ready: () => client.emit(Events.ShardReady, 0, undefined),
    /** As discord.js does before each IDENTIFY; resolves with how long it waited. */
    async identify(signal: AbortSignal = never) {
      const before = clock.now;
      await throttler?.waitForIdentify(0, signal);
      return clock.now - before;
    },
  };
}

const plenty: Answer = () => ({ remaining: 999, resetAfterMs: 24 * HOUR_MS });

it('IDENTIFYs at once, and after each failure waits twice as long, up to a bound', async () => {
  const { identify } = await open(plenty);
  const waited: number[] = [];
  for (let count = 0; count < 8; count++) waited.push(await identify());
  expect(waited).toEqual([0, 5, 10, 20, 40, 80, 100, 100].map((seconds) => seconds * 1_000));
});

it('adds up to half as much again, so that bots do not come back all at once', async () => {
  const { identify } = await open(plenty, { random: () => 1 });
  await identify();
  expect([await identify(), await identify()]).toEqual([7_500, 15_000]);
});

it('never sends more in a day of an outage than nine tenths of what Discord allows', async () => {
  // Only the pauses hold it back, and they are as short as they can be.
  const { identify, seen, clock } = await open(
    () => ({ total: 10_000, remaining: 10_000, resetAfterMs: 24 * HOUR_MS }),
    { timing: { freshMs: 25 * HOUR_MS } },
  );
  const end = clock.now + 24 * HOUR_MS;
  while (clock.now < end) await identify();
  expect(seen.identifies).toBeLessThan(900);
});

it('begins anew after a session that lasted, and not after one that did not', async () => {
  const { identify, ready, clock } = await open(plenty);
  for (let count = 0; count < 4; count++) await identify();
  ready();
  clock.now += 60_000;
  expect(await identify()).toBe(0);
  expect(await identify()).toBe(80_000);
  ready();
  clock.now += HOUR_MS;
  expect([await identify(), await identify()]).toEqual([0, 5_000]);
});

it('goes on with the same pause where the connection ends during it', async () => {
  const { identify, pacer, clock, seen } = await open(plenty, {
    wait: async (_, signal) => {
      await new Promise((__, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    },
  });
  await identify();
  const until = clock.now + 5_000;
  for (let count = 0; count < 3; count++) {
    const closed = new AbortController();
    const waiting = identify(closed.signal);
    await new Promise(setImmediate);
    closed.abort();
    await expect(waiting).rejects.toThrow();
    expect(pacer.held()).toEqual({ why: 'backoff', until });
  }
  clock.now = until;
  expect(await identify()).toBe(0);
  expect([pacer.held(), seen.identifies]).toEqual([null, 2]);
});

it('waits in the last tenth until Discord gives more, and asks again now and then', async () => {
  const resetsAt = Date.UTC(2026, 10, 28, 5);
  const { identify, seen, clock } = await open((at) =>
    at < resetsAt
      ? { remaining: 100, resetAfterMs: resetsAt - at }
      : { remaining: 1_000, resetAfterMs: 24 * HOUR_MS },
  );
  await identify();
  expect(clock.now).toBe(resetsAt);
  // Every quarter of an hour, for somebody may have been given more.
  expect(seen).toMatchObject({ identifies: 1, asked: 21 });
});

it('counts its own IDENTIFYs while Discord does not say how many are left', async () => {
  let isUp = true;
  const resetsAt = Date.UTC(2026, 10, 28, 2);
  const { identify, clock, seen } = await open((at) =>
    isUp ? { remaining: 105, resetAfterMs: resetsAt - at } : 503,
  );
  await identify();
  isUp = false;
  while (clock.now < resetsAt) await identify();
  // 105 and 104, 103, 102, 101; the next one would have been of the last hundred.
  expect(seen.identifies).toBe(5 + 1);
});

it('lets nobody log in with the last tenth at the start, and says so once before it waits', async () => {
  const resetsAt = Date.UTC(2026, 10, 28, 3);
  const { pacer, clock, seen, identify } = await open((at) => ({
    remaining: at < resetsAt ? 42 : 1_000,
    resetAfterMs: at < resetsAt ? resetsAt - at : 24 * HOUR_MS,
  }));
  let held: unknown = null;
  await pacer.beforeLogin(never, () => {
    expect(held).toBeNull();
    held = clock.now;
  });
  expect(held).not.toBeNull();
  expect([clock.now, seen.identifies]).toEqual([resetsAt, 0]);
  const { asked } = seen;
  await identify();
  // What was just asked is known.
  expect(seen.asked).toBe(asked);
});

it('leaves the last tenth alone however often its process is started again', async () => {
  let remaining = 110;
  let waiting = 0;
  for (let start = 0; start < 30; start++) {
    const killed = new AbortController();
    const { pacer, identify } = await open(() => ({ remaining, resetAfterMs: HOUR_MS }), {
      wait: async (_, signal) => {
        killed.abort();
        signal.throwIfAborted();
      },
    });
    const isAllowed = await pacer
      .beforeLogin(killed.signal, () => waiting++)
      .then(
        () => true,
        () => false,
      );
    if (!isAllowed) continue;
    await identify();
    remaining--;
  }
  expect([remaining, waiting]).toEqual([100, 20]);
});

it('stops where Discord no longer accepts the token, and sends nothing more', async () => {
  let status = 200;
  const { identify, seen, clock } = await open((at) => (status === 200 ? plenty(at) : status));
  await identify();
  status = 401;
  clock.now += HOUR_MS;
  const closed = new AbortController();
  const waiting = identify(closed.signal);
  await expect.poll(() => seen.refused).toBe(1);
  closed.abort();
  await expect(waiting).rejects.toThrow();
  expect(seen.identifies).toBe(1);
});

it('sends nothing after it was closed', async () => {
  const { identify, pacer, seen } = await open(plenty);
  pacer.close();
  const gone = new AbortController();
  const waiting = identify(gone.signal);
  gone.abort();
  await expect(waiting).rejects.toThrow();
  expect(seen.identifies).toBe(0);
});

it('tells a start that the token is refused, or that Discord is not there', async () => {
  for (const status of [401, 503]) {
    const { pacer } = await open(() => status);
    await expect(pacer.beforeLogin(never, () => {})).rejects.toMatchObject({ status });
  }
});

it.each([
  ['nothing', {}],
  ['a web page', '<html>'],
  ['null', null],
  ['words for numbers', { session_start_limit: { total: '9', remaining: '9', reset_after: '9' } }],
  ['no number', { session_start_limit: { total: 9, remaining: Number.NaN, reset_after: 1 } }],
])('takes %s for no word about the budget', (_, answer) => {
  expect(readIdentifyBudget(answer, 0)).toBeNull();
});

it.each([
  ['less than none', { total: 9, remaining: -1, reset_after: HOUR_MS }],
  ['none, of how many it does not say', { remaining: 0, reset_after: HOUR_MS }],
  ['none of none', { total: 0, remaining: 0, reset_after: HOUR_MS }],
  ['none, and that there are more at once', { total: 9, remaining: 0, reset_after: 0 }],
  ['few, and not until when', { total: 1_000, remaining: 5 }],
  ['few, until a time that makes no sense', { total: 1_000, remaining: 5, reset_after: -1 }],
])('logs in no more where Discord says that there are %s', async (_, limit) => {
  let isGiven = false;
  const { identify, seen, clock, pacer } = await open(
    () => (isGiven ? { remaining: 1_000, resetAfterMs: HOUR_MS } : { limit }),
    {
      wait: async (ms) => {
        expect([seen.identifies, pacer.held()?.why]).toEqual([0, 'budget']);
        isGiven = seen.asked === 3;
        clock.now += ms;
      },
    },
  );
  const begunAt = clock.now;
  await identify();
  expect(seen).toMatchObject({ identifies: 1, asked: 4 });
  expect(clock.now - begunAt).toBeGreaterThanOrEqual(3 * 5_000);
});

it('takes a day for the longest time until there are more', () => {
  const answer = { session_start_limit: { total: 9, remaining: 0, reset_after: 1e300 } };
  expect(readIdentifyBudget(answer, 0)).toMatchObject({ resetsAt: 24 * HOUR_MS });
});

it('takes an answer without the address of a gateway for no answer of Discord’s', async () => {
  for (const url of [undefined, 'no address', 'https://discord.com']) {
    const { pacer } = await open(() => ({
      limit: limitOf({ remaining: 9, resetAfterMs: 1 }),
      url,
    }));
    await expect(pacer.beforeLogin(never, () => {})).rejects.toThrow('not Discord’s API');
  }
});

it.each([
  ['that it closes with 4000', { close: 4_000 }],
  ['that it closes with 1000', { close: 1_000 }],
  ['whose session it calls invalid', { invalid: { resumable: false } }],
])(
  'waits longer and longer for a gateway %s',
  async (_, answer) => {
    const discord = await startLocalDiscord();
    discord.controls.answerLogins({ identify: answer });
    const client = createClient({ apiUrl: discord.apiUrl, log: silentLog });
    onTestFinished(async () => {
      // While it waits for READY, discord.js destroys a client that hangs.
      await waitAtMost(500, client.destroy());
      await discord.close();
    });
    const pauses: number[] = [];
    let identifies = 0;
    new IdentifyPacer(client, {
      log: silentLog,
      now: () => performance.now() + pauses.reduce((all, one) => all + one, 0),
      onIdentify: () => identifies++,
      onRefused: () => {},
      random: () => 0,
      wait: async (ms) => void pauses.push(ms),
    });
    const sent: unknown[] = [];
    discord.events.on('gateway', ({ direction, op }) => {
      if (direction === 'in' && op === 2) sent.push(op);
    });
    client.login(discord.botToken).catch(() => {});
    await expect.poll(() => sent.length, { timeout: 20_000 }).toBe(4);
    expect(identifies).toBe(4);
    // discord.js's own half second of each try is taken off.
    expect(pauses.map((ms) => Math.ceil(ms / 5_000) * 5)).toEqual([5, 10, 20]);
  },
  30_000,
);
