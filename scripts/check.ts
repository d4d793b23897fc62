import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** One part of `npm run check`. */
interface Check {
  name: string;
  command: string;
  /** What mends a failure, where a command can; else what to look at. */
  mend: string;
}

/** What the compiler found of files that did not change since is read from there. */
const typeCache = (name: string) =>
  `--incremental --tsBuildInfoFile node_modules/.cache/tsc/${name}.tsbuildinfo`;

const CHECKS: readonly Check[] = [
  { name: 'types', command: `tsc ${typeCache('root')}`, mend: 'mend the types named above' },
  {
    name: 'types of the page',
    command: `tsc -p sandbox/page/browser ${typeCache('page')}`,
    mend: 'mend the types named above',
  },
  { name: 'format and lint', command: 'biome check', mend: 'npm run format' },
  {
    name: 'unused code',
    command: 'knip --cache',
    mend: 'remove what is named above (npx knip --fix)',
  },
  {
    name: 'layers',
    command: 'node scripts/check-layers.ts',
    mend: 'move the import; the rules are in .dependency-cruiser.cjs',
  },
  {
    name: 'sizes',
    command: 'node scripts/check-sizes.ts',
    mend: 'split what is named above, or give a function its reason: // Over 80 lines: …',
  },
  {
    name: 'lock file',
    command: 'node scripts/complete-lock.ts --check',
    mend: 'node scripts/complete-lock.ts',
  },
];

/**
 * Runs every check, as many at once as there are cores, also when one fails. Prints each one's own
 * words when it ends, and what mends a failure.
 */
async function main(): Promise<void> {
  const waiting = [...CHECKS];
  const failed: Check[] = [];
  const work = async () => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      if (!(await passes(check))) failed.push(check);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  for (const { name, mend } of failed) process.stderr.write(`✘ ${name}: ${mend}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function passes({ name, command }: Check): Promise<boolean> {
  const began = performance.now();
  // All of these are commands of the project's own; npm has put their folder on the PATH.
  const child = spawn(command, { shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  process.stdout.write(`${code === 0 ? '✔' : '✘'} ${name} (${seconds} s)\n`);
  process.stdout.write(Buffer.concat(said));
  return code === 0;
}

await main();
