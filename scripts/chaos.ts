import { parseArgs } from 'node:util';
import { runChaos } from './chaos/run-chaos.ts';

/** `npm run chaos [-- --json] [--generations N] [--kills N] [--seed N]`: exits 0 when all is well. */
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    generations: { type: 'string', default: '200' },
    kills: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

if (!values.json) console.log(`seed ${values.seed}`);
const report = await runChaos({
  generations: Number(values.generations),
  kills: Number(values.kills),
  maxLifeMs: 2_000,
  seed: Number(values.seed),
  onProgress: (text) => {
    if (!values.json) console.log(text);
  },
});
if (values.json) console.log(JSON.stringify(report));
else console.table(report);

const { lost, deliveredTwice, stuck, paidTwice, integrity } = report;
process.exitCode = lost + deliveredTwice + stuck + paidTwice === 0 && integrity === 'ok' ? 0 : 1;
