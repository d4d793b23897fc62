import { REST } from '@discordjs/rest';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import type { ModelEvent, ModelRequest } from '../../src/gemini/events.ts';
import type { Gemini } from '../../src/gemini/gemini.ts';
import { measureGemini } from '../../src/ops/measure.ts';
import { measureDiscord } from '../../src/ops/measure-discord.ts';
import { createMetrics } from '../../src/ops/metrics.ts';
import { createProviderMemory } from '../../src/ops/provider-memory.ts';

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
    measureDiscord(rest, { registry, ...metrics });
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

  it('remember a limit of a day for its operator, until a picture comes or the day is over', async () => {
    const { registry, ...metrics } = createMetrics();
    let time = 0;
    const memory = createProviderMemory(() => time);
    async function* generate(): AsyncGenerator<ModelEvent> {
      yield { type: 'attempt', attempt: 1 };
      throw new Failure('busy', 'no more', { details: { problem: 'daily_limit' } });
    }
    const gemini = measureGemini({ generate, close: async () => {} } satisfies Gemini, {
      ...{ metrics: { registry, ...metrics }, memory, now: () => time },
    });
    const { signal } = new AbortController();
    const run = async () => {
      for await (const _ of gemini.generate({ model: 'flash' } as ModelRequest, { signal }));
    };
    await expect(run()).rejects.toThrow('no more');
    expect(await registry.metrics()).toContain('attempts_total{model="flash",outcome="busy"} 1');
    expect(memory.refusals()).toMatchObject([{ model: 'flash', problem: 'daily_limit' }]);
    time = 23 * 3_600_000;
    expect(memory.refusals()).toHaveLength(1);
    memory.accepted('flash');
    expect(memory.refusals()).toEqual([]);
    memory.refused('flash', 'daily_limit');
    time += 24 * 3_600_000;
    expect(memory.refusals()).toEqual([]);
  });

  it('tell of each attempt how it ended, also where a successor follows at once', async () => {
    const { registry, ...metrics } = createMetrics();
    async function* generate(): AsyncGenerator<ModelEvent> {
      yield { type: 'attempt', attempt: 1 };
      yield { type: 'attempt', attempt: 2, after: 'busy' };
      yield { type: 'waiting', attempt: 2, delayMs: 1, kind: 'cut' };
      yield { type: 'attempt', attempt: 3 };
      throw new Failure('misconfigured', 'unknown', { details: { problem: 'unknown_model' } });
    }
    const refused: string[] = [];
    const memory = {
      accepted: () => {},
      refused: (model: string, problem: string) => void refused.push(`${model}: ${problem}`),
      refusals: () => [],
    };
    const gemini = measureGemini({ generate, close: async () => {} } satisfies Gemini, {
      ...{ metrics: { registry, ...metrics }, memory, now: () => 0 },
    });
    const { signal } = new AbortController();
    const run = async () => {
      for await (const _ of gemini.generate({ model: 'flash' } as ModelRequest, { signal }));
    };
    await expect(run()).rejects.toThrow('unknown');
    const told = await registry.metrics();
    for (const outcome of ['busy', 'cut', 'misconfigured']) {
      expect(told).toContain(`attempts_total{model="flash",outcome="${outcome}"} 1`);
    }
    expect(refused).toEqual(['flash: unknown_model']);
  });
});
