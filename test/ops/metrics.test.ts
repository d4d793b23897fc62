import { REST } from '@discordjs/rest';
import { describe, expect, it } from 'vitest';
import { measureDiscord } from '../../src/ops/measure-discord.ts';
import { createMetrics } from '../../src/ops/metrics.ts';

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
});
