import { expect, it } from 'vitest';
import { runChaos } from '../../scripts/chaos/run-chaos.ts';

it('loses nothing, pays nothing twice and leaves nobody waiting, however often it is killed', {
  timeout: 240_000,
}, async () => {
  const report = await runChaos({ generations: 20, kills: 5, maxLifeMs: 1_500, seed: 7 });
  expect(report).toMatchObject({
    generations: 20,
    kills: 5,
    lost: 0,
    deliveredTwice: 0,
    stuck: 0,
    paidTwice: 0,
    integrity: 'ok',
  });
  expect(report.delivered).toBeGreaterThan(0);
});
