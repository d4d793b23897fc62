import { REST } from '@discordjs/rest';
import { describe, expect, it } from 'vitest';
import { reportAnswers } from '../../src/discord/gateway-client.ts';
import type { BotEvent, GenerationEnded } from '../../src/events.ts';
import { createMetrics, recordEvent } from '../../src/ops/metrics.ts';
import { reportTo } from '../../src/ops/ops.ts';
import { ProviderMemory } from '../../src/ops/provider-memory.ts';
import { attemptEnded, silentLog } from '../support/samples.ts';

/** The metrics after these events. */
async function metricsAfter(...events: BotEvent[]): Promise<string> {
  const metrics = createMetrics();
  for (const event of events) recordEvent(event, metrics);
  return await metrics.registry.metrics();
}

const ended: GenerationEnded = {
  type: 'generation_ended',
  id: 'g1',
  replyId: 'r1',
  model: 'pro',
  size: '2K',
  outcome: 'delivered',
  failure: null,
  delivered: { bytes: 4_000, fitted: false },
  ms: 20_000,
  runs: 1,
  attempts: 1,
  usage: { promptTokens: 8, imageTokens: 1_120, thoughtTokens: null, totalTokens: 1_392 },
  costMicros: 134_000,
};

describe('figures', () => {
  it('of failures and of cost are there at 0 before the first, so that an alert sees it', async () => {
    const { registry, generations } = createMetrics();
    const line = (count: number) =>
      `darkroom_generations_total{model="pro",size="4K",outcome="internal"} ${count}`;
    const before = await registry.metrics();
    expect(before).toContain(line(0));
    expect(before).toContain('outcome="unreachable"} 0');
    expect(before).toContain('darkroom_cost_dollars_total{model="flash"} 0');
    generations.inc({ model: 'pro', size: '4K', outcome: 'internal' });
    expect(await registry.metrics()).toContain(line(1));
  });

  it('tell each answer of Discord to the library, a 429 that it waits out included', async () => {
    const { registry, ...metrics } = createMetrics();
    const answers = [429, 200];
    const rest = new REST({
      makeRequest: async () => {
        const headers = { 'content-type': 'application/json', 'retry-after': '0' };
        return Response.json(
          { retry_after: 0 },
          { status: answers.shift() ?? 500, headers },
        ) as never;
      },
    });
    reportAnswers(rest, (event) => recordEvent(event, { registry, ...metrics }));
    await rest.post('/interactions/123456789012345678/secret-token/callback', { auth: false });
    const told = await registry.metrics();
    for (const outcome of ['rate_limited', 'ok']) {
      const route = 'POST /interactions/:id/:token/callback';
      expect(told).toContain(
        `darkroom_discord_requests_total{route="${route}",outcome="${outcome}"} 1`,
      );
    }
    expect(told).not.toContain('secret-token');
  });

  it('of an end are its outcome, its time, its bytes, its tokens and its cost', async () => {
    const told = await metricsAfter(ended, {
      ...{ ...ended, outcome: 'unreachable', delivered: null, usage: null, costMicros: null },
    });
    for (const line of [
      'generations_total{model="pro",size="2K",outcome="delivered"} 1',
      'generations_total{model="pro",size="2K",outcome="unreachable"} 1',
      'delivery_seconds_sum{model="pro",size="2K"} 20',
      'delivered_bytes_total 4000',
      'tokens_total{model="pro",kind="image"} 1120',
      'tokens_total{model="pro",kind="total"} 1392',
      'cost_dollars_total{model="pro"} 0.134',
    ]) {
      expect(told).toContain(`darkroom_${line}\n`);
    }
    expect(told).not.toContain('kind="thinking"');
  });

  it('of a wait are about first runs, and of fits about deliveries', async () => {
    const about = { id: 'g1', model: 'flash', size: '1K' } as const;
    const run = { type: 'run_started', ...about, waitedMs: 2_000, attempts: 0 } as const;
    const fit = { type: 'image_fitted', outcome: 'ok', ms: 500 } as const;
    const told = await metricsAfter(
      { ...run, runs: 1 },
      { ...run, runs: 2 },
      { ...fit, purpose: 'delivery' },
      { ...fit, purpose: 'reference' },
    );
    expect(told).toContain('darkroom_queue_wait_seconds_count{model="flash"} 1\n');
    expect(told).toContain('darkroom_fits_total{outcome="ok"} 1\n');
    expect(told).toContain('darkroom_fit_seconds_sum 0.5\n');
  });

  it('of a whole picture leave its time out where nobody knows when its run began', async () => {
    const size = { bytes: 2_000_000, mime: 'image/png', width: 1, height: 1 };
    const about = { id: 'g1', model: 'flash', size: '1K', ...size, sinceAskedMs: 1 } as const;
    const received = { type: 'image_received', ...about } as const;
    const told = await metricsAfter(
      { ...received, sinceStartMs: 20_000 },
      { ...received, sinceStartMs: null },
    );
    expect(told).toContain('darkroom_image_bytes_count{model="flash",size="1K"} 2\n');
    expect(told).toContain('darkroom_image_seconds_count{model="flash",size="1K"} 1\n');
  });

  it('tell of each attempt how it ended, also where a successor follows at once', async () => {
    const told = await metricsAfter(
      attemptEnded('flash', { outcome: 'busy', followedBy: 'successor' }),
      attemptEnded('flash', { outcome: 'cut', followedBy: 'retry' }),
      attemptEnded('flash', { outcome: 'misconfigured', problem: 'unknown_model' }),
    );
    for (const outcome of ['busy', 'cut', 'misconfigured']) {
      expect(told).toContain(`attempts_total{model="flash",outcome="${outcome}"} 1`);
    }
    expect(told).toContain('retries_total{model="flash",reason="cut"} 1');
    expect(told).not.toContain('reason="busy"');
  });
});

describe('the memory of the provider', () => {
  it('keeps a limit of a day for its operator, until a picture comes or the day is over', () => {
    let time = 0;
    const memory = new ProviderMemory(() => time);
    const limited = attemptEnded('flash', { outcome: 'busy', problem: 'daily_limit' });
    memory.note(limited);
    expect(memory.refusals()).toMatchObject([{ model: 'flash', problem: 'daily_limit' }]);
    time = 23 * 3_600_000;
    expect(memory.refusals()).toHaveLength(1);
    memory.note(attemptEnded('flash', { outcome: 'no_image' }));
    expect(memory.refusals()).toEqual([]);
    memory.note(limited);
    time += 24 * 3_600_000;
    expect(memory.refusals()).toEqual([]);
  });

  it('blames the set-up for a model that is gone only where no successor follows', () => {
    const memory = new ProviderMemory(() => 0);
    const gone = { outcome: 'misconfigured', problem: 'unknown_model' } as const;
    memory.note(attemptEnded('flash', { ...gone, followedBy: 'successor' }));
    expect(memory.refusals()).toEqual([]);
    memory.note(attemptEnded('flash', gone));
    expect(memory.refusals()).toMatchObject([{ model: 'flash', problem: 'unknown_model' }]);
  });
});

it('a listener that throws keeps no event from the others, nor fails who reports it', () => {
  const heard: string[] = [];
  const broken = () => {
    throw new Error('broken');
  };
  const report = reportTo([broken, ({ type }) => void heard.push(type), broken], silentLog);
  report({ type: 'gateway_dropped' });
  report(ended);
  expect(heard).toEqual(['gateway_dropped', 'generation_ended']);
});
