import { describe, expect, it } from 'vitest';
import { ReplyError } from '../../src/discord-http/errors.ts';
import type { ReplyRest } from '../../src/discord-http/rest.ts';
import { retryUntilAccepted } from '../../src/discord-http/retry-until-accepted.ts';
import { Pages } from '../../src/pages/pages.ts';
import { english } from '../../src/texts/english.ts';
import { sampleTarget, silentLog } from '../support/samples.ts';

const fault = (about: { status?: number; code?: string }) =>
  new ReplyError('busy', { message: 'x', method: 'POST', route: '/webhooks', ...about });

/** A way out for follow-ups alone, whose first try fails. */
function followUpsAfter(error: ReplyError) {
  const state = { tries: 0 };
  const rest = {
    followUp: async () => {
      state.tries += 1;
      if (state.tries === 1) throw error;
      return { message: null, remaining: null, resetAfterMs: null };
    },
  } as Partial<ReplyRest> as ReplyRest;
  return { state, rest };
}

const post = (rest: ReplyRest) =>
  new Pages({ rest, log: silentLog, texts: english }).add(sampleTarget(), { embeds: [] });

describe('an added page', () => {
  it.each([
    ['the connection broke', { code: 'ECONNRESET' }],
    ['no answer came in time', { code: 'AbortError' }],
  ])('is not posted again when %s: it may be there already', async (__, about) => {
    const { rest, state } = followUpsAfter(fault(about));
    await expect(post(rest)).rejects.toMatchObject({ kind: 'busy' });
    expect(state.tries).toBe(1);
  });

  it.each([
    ['Discord says that it is busy', { status: 503 }],
    ['nobody could be reached', { code: 'ECONNREFUSED' }],
  ])('is posted again when %s', async (__, about) => {
    const { rest, state } = followUpsAfter(fault(about));
    await post(rest);
    expect(state.tries).toBe(2);
  });
});

describe('the pause between attempts', () => {
  it('grows with each rate limit, even one that asks for next to nothing', async () => {
    const times: number[] = [];
    const limited = { message: 'x', status: 429, method: 'PATCH', route: '/', retryAfterMs: 1 };
    const sent = retryUntilAccepted(async () => {
      times.push(performance.now());
      if (times.length < 3) throw new ReplyError('rate_limited', limited);
    }, silentLog);
    await sent;
    const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(pauses[0]).toBeGreaterThanOrEqual(370);
    expect(pauses[1]).toBeGreaterThanOrEqual(740);
  });
});
