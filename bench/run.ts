import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Suite } from './suite.ts';

/** Every suite, by name; loaded only when it runs, as what it is compared with may not be installed yet. */
const SUITES: Record<string, () => Promise<{ run: Suite }>> = {
  stream: () => import('./stream/suite.ts'),
  store: () => import('./store/suite.ts'),
  delivery: () => import('./delivery/suite.ts'),
  start: () => import('./start/suite.ts'),
  hostile: () => import('./hostile/suite.ts'),
  soak: () => import('./soak/suite.ts'),
};

const USAGE = `npm run bench -- [${Object.keys(SUITES).join('|')}]… [--json] [--runs 5] [--clients a,b] [--long]`;

/** What is measured against has a lock file of its own, so that no user of the bot installs them. */
function installBaselines(): void {
  if (existsSync(join(import.meta.dirname, 'node_modules'))) return;
  process.stderr.write('Installing what is measured against (bench/package-lock.json)…\n');
  const install = spawnSync('npm', ['ci', '--prefix', import.meta.dirname, '--ignore-scripts'], {
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (install.status !== 0) throw new Error('npm ci in bench/ failed');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      runs: { type: 'string', default: '5' },
      clients: { type: 'string' },
      long: { type: 'boolean', default: false },
    },
  });
  const names = positionals.length > 0 ? positionals : Object.keys(SUITES);
  const suites = names.map((name) => SUITES[name]);
  const runs = Number(values.runs);
  if (suites.includes(undefined) || !(runs >= 1)) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = 2;
    return;
  }
  installBaselines();
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const results: object[] = [];
  for (const load of suites) {
    const suite = await load?.();
    const clients = values.clients?.split(',') ?? null;
    if (suite !== undefined)
      results.push(await suite.run({ runs, clients, long: values.long, say }));
  }
  if (values.json) for (const result of results) say(JSON.stringify(result));
}

await main();
