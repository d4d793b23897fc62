import { it as base, describe, expect } from 'vitest';
import { Failure, type ReplyTarget } from '../../src/domain.ts';
import { Answers } from '../../src/pages/answers.ts';
import { english } from '../../src/texts/english.ts';
import {
  sampleDone,
  sampleFailure,
  sampleSubject,
  sampleTarget,
  silentLog,
} from '../support/samples.ts';
import type { Exchange } from '../support/webhook-server.ts';
import { OPEN_CHANNEL, type ReplyHarness, startReplyHarness } from './reply-harness.ts';

/** What Discord, or whatever stands in between, may answer to the last word about something. */
const ANSWERS = {
  'a page': (exchange) => exchange.respond(200, '<html>'),
  'no content': (exchange) => exchange.respond(204, ''),
  AutoMod: (exchange) => exchange.respond(400, { code: 200_000, message: 'Blocked' }),
  'an invalid form': (exchange) => exchange.respond(400, { code: 50_035, message: 'Invalid' }),
  'missing permissions': (exchange) => exchange.respond(403, { code: 50_013, message: 'Missing' }),
  'an unknown message': (exchange) => exchange.respond(404, { code: 10_008, message: 'Unknown' }),
  'an unknown webhook': (exchange) => exchange.respond(404, { code: 10_015, message: 'Unknown' }),
  'a dead token': (exchange) => exchange.respond(401, { code: 50_027, message: 'Invalid' }),
  'too many follow-ups': (exchange) => exchange.respond(400, { code: 40_094, message: 'Many' }),
  'too large': (exchange) => exchange.respond(413, '<html>'),
  'a rate limit': (exchange) => exchange.respond(429, { retry_after: 0.1, message: 'Slow' }),
  'a rate limit without a body': (exchange) => exchange.respond(429, ''),
  'a fault': (exchange) => exchange.respond(500, 'oops'),
  'a broken line': (exchange) => exchange.hangUp(),
} satisfies Record<string, (exchange: Exchange) => void>;

type Answer = keyof typeof ANSWERS;

/** After these no write by the token reaches anybody. */
const CLOSED: Answer[] = ['an unknown webhook', 'a dead token'];

/** One for each test: they run side by side, as most of their time is pauses before retries. */
const it = base.extend<{ harness: ReplyHarness }>({
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads from it which fixtures this one needs
  harness: async ({}, use) => {
    const harness = await startReplyHarness();
    await use(harness);
    await harness.close();
  },
});

/** Answers so many writes like this, and takes the rest, which it returns. */
function answer(
  { discord }: ReplyHarness,
  how: Answer,
  times: number,
): { taken: Exchange[]; all: Exchange[] } {
  const seen = { taken: [] as Exchange[], all: [] as Exchange[] };
  void (async () => {
    for (;;) {
      const exchange = await discord.next();
      seen.all.push(exchange);
      if (seen.all.length <= times) ANSWERS[how](exchange);
      else if (exchange.method === 'DELETE') exchange.respond(204, '');
      else {
        seen.taken.push(exchange);
        exchange.respond(200);
      }
    }
  })();
  return seen;
}

const target = (change: Partial<ReplyTarget> = {}) =>
  sampleTarget({ tokenExpiresAt: Date.now() + 900_000, ...change });
const OPEN = { messageId: '900000000000000001', ...OPEN_CHANNEL };

type Say = (harness: ReplyHarness, to: ReplyTarget, patienceMs: number) => Promise<boolean>;
const limit = { id: 'abc', subject: null, failure: sampleFailure('limit') };
const answers = ({ rest }: ReplyHarness, maxRetryMs: number) =>
  new Answers({ rest, log: silentLog, texts: english, now: Date.now, maxRetryMs });
const open = (harness: ReplyHarness, to: ReplyTarget, ids: string[]) =>
  harness
    .open({
      target: to,
      slots: Object.fromEntries(ids.map((id) => [id, null])),
      deps: { now: Date.now, timers: globalThis },
    })
    .live('abc');
const failed = {
  id: 'abc',
  subject: sampleSubject({ id: 'abc' }),
  failure: new Failure('cut', ''),
};
/** Each says whether nothing is owed any more. */
const BY_THE_GATE: Record<string, Say> = {
  'a failure': (harness, to, patience) => answers(harness, patience).fail(to, limit),
  'a private failure': (harness, to, patience) =>
    answers(harness, patience).failPrivately(to, limit),
  'a refusal': (harness, to, patience) => answers(harness, patience).refuse(to, limit),
  'an interruption': (harness, to, patience) =>
    answers(harness, patience).interrupted({ ...to, interactionId: 'abc' }),
};
const BY_A_RUN: Record<string, Say> = {
  'the failure of a run': async (harness, to) =>
    (await open(harness, to, ['abc']).fail(failed)) === 'shown',
  'the failure of one of several': async (harness, to) =>
    (await open(harness, to, ['abc', 'def']).fail(failed)) === 'shown',
  'a picture': async (harness, to) => {
    const state = sampleDone(harness.image, { id: 'abc' });
    const delivery = await open(harness, to, ['abc']).deliver(state, new AbortController().signal);
    return delivery.to !== 'later';
  },
};

/** Only the token writes here; what it may not write stays owed until it dies. */
const ONE_WAY = [...Object.keys(BY_A_RUN), 'a private failure'];

const all = Object.keys(ANSWERS) as Answer[];
const pairs = (ways: Record<string, Say>, of: readonly Answer[]) =>
  Object.entries(ways).flatMap(([what, say]) => of.map((how) => [what, how, say] as const));

describe.concurrent('what is said last', () => {
  it.for(
    pairs(
      { ...BY_THE_GATE, ...BY_A_RUN },
      all.filter((how) => !CLOSED.includes(how)),
    ),
  )('reaches its person or stays owed: %s after %s', async ([what, how, say], { harness }) => {
    const seen = answer(harness, how, 1);
    const isDeleted = how === 'an unknown message' && what in BY_A_RUN;
    const isSettled = await say(harness, target(), 60_000).catch(() => false);
    const isShown = seen.taken.some(({ json }) => JSON.stringify(json).includes('abc'));
    // Whoever deleted the message of a run wants no other; everybody else is answered.
    if (!isDeleted) expect(isShown || !isSettled).toBe(true);
    // A click's own message is not ours to replace: its private answer has no second way.
    const isLost = what === 'a private failure' && how === 'an unknown message';
    const isOwed = isLost || (how === 'missing permissions' && ONE_WAY.includes(what));
    expect(isShown).toBe(!isDeleted && !isOwed);
  });

  it.for(pairs(BY_A_RUN, [...CLOSED, 'missing permissions']))(
    'goes through the channel: %s after %s',
    async ([, how, say], { harness }) => {
      const seen = answer(harness, how, 1);
      expect(await say(harness, target(OPEN), 60_000)).toBe(true);
      expect(seen.taken.at(-1)?.path).toContain('/channels/');
    },
  );

  it.for(pairs(BY_THE_GATE, all))(
    'is owed as long as any way may open: %s after nothing but %s',
    async ([, how, say], { harness }) => {
      answer(harness, how, Number.POSITIVE_INFINITY);
      expect(await say(harness, target(), 0)).toBe(CLOSED.includes(how));
    },
  );
});

describe.concurrent('a refusal', () => {
  it('comes in private when the public reply is gone already', async ({ harness }) => {
    const seen = answer(harness, 'an unknown message', 1);
    expect(await answers(harness, 60_000).refuse(target(), limit)).toBe(true);
    expect(seen.all.map(({ method }) => method)).toEqual(['DELETE', 'POST']);
    expect(seen.taken[0]?.json.flags).toBe(64);
  });

  it('comes in private though both of its answers meet a broken line', async ({ harness }) => {
    const seen = answer(harness, 'a broken line', 3);
    expect(await answers(harness, 60_000).refuse(target(), limit)).toBe(true);
    expect(seen.taken.map(({ method }) => method)).toEqual(['POST']);
  });

  it('is said in place, without what was written, where the public reply cannot be removed', async ({
    harness,
  }) => {
    const seen = answer(harness, 'missing permissions', 1);
    const failure = sampleFailure('reference', { problem: 'too_large', file: 'my secret.png' });
    const state = { id: 'abc', subject: null, failure, typed: 'words of one person' };
    expect(await answers(harness, 60_000).refuse(target(), state)).toBe(true);
    expect(seen.all.map(({ method }) => method)).toEqual(['DELETE', 'PATCH']);
    expect(JSON.stringify(seen.taken[0]?.json)).not.toMatch(/secret|words of one/);
  });

  it('is posted three times at most where nobody knows whether it arrived', async ({ harness }) => {
    const seen = answer(harness, 'a broken line', Number.POSITIVE_INFINITY);
    const reason = answers(harness, 60_000).failPrivately(target(), limit);
    expect(await reason).toBe(false);
    expect(seen.all).toHaveLength(3);
  });
});
