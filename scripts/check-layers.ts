import { globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cruise, type ICruiseResult } from 'dependency-cruiser';

/**
 * Checks every file against the layer rules. A cruise that reads no TypeScript finds no fault
 * either, so a file that was not read, and an entry point without imports, count as faults here.
 */
const FOLDERS = ['src', 'commands', 'sandbox', 'test', 'scripts', 'bench'];

const { options, ...ruleSet } = createRequire(import.meta.url)('../.dependency-cruiser.cjs');
const { output } = await cruise(FOLDERS, { ...options, ruleSet, validate: true });
const { modules, summary } = output as ICruiseResult;

const cruised = new Set(modules.map((module) => module.source));
const missed = globSync(`{${FOLDERS.join(',')}}/**/*.ts`, { exclude: ['**/node_modules'] }).filter(
  (file) => !cruised.has(file),
);
const entryPoint = modules.find((module) => module.source === 'src/main.ts');

const faults = [
  ...summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
  ...missed.map((file) => `not read at all: ${file}`),
  ...(entryPoint?.dependencies.length ? [] : ['src/main.ts seems to import nothing']),
];
for (const fault of faults) process.stderr.write(`✘ ${fault}\n`);
process.stdout.write(
  `${modules.length} modules, ${summary.totalDependenciesCruised ?? 0} dependencies cruised, ${faults.length} faults\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
