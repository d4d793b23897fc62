import { stat } from 'node:fs/promises';
import { environment, readEnvFile } from '../../environment.ts';
import type { UsableConfig } from '../tool.ts';
import { type Finding, green, red, yellow } from './finding.ts';

/** Settings of Darkroom begin with these words, as in `DAILY_…`. */
const FIRST_WORDS = new Set(Object.keys(environment.shape).map((name) => name.split('_')[0]));

/**
 * Names that set nothing. In `.env` every one of those is a mistake; in the process's environment,
 * which is shared, only what begins as ours do.
 */
function findUnknown(variables: Record<string, string>): string[] {
  const isOurs = (name: string) => name.includes('_') && FIRST_WORDS.has(name.split('_')[0]);
  const names = [...Object.keys(readEnvFile()), ...Object.keys(variables).filter(isOurs)];
  return [...new Set(names)].filter((name) => !(name in environment.shape));
}

/** Every problem of the configuration, and what it leaves open. */
export async function checkConfiguration(
  { config, problems }: UsableConfig,
  variables: Record<string, string>,
  envFile = '.env',
): Promise<Finding[]> {
  const findings = problems.map((problem) =>
    red('Configuration', problem, 'See .env.example, which explains each setting.'),
  );
  if (problems.length === 0) findings.push(green('Configuration', 'complete'));
  for (const name of findUnknown(variables)) {
    const message = `${name} is none of Darkroom's settings`;
    findings.push(yellow('Configuration', message, 'Is it misspelt? It has no effect.'));
  }
  const mode = await stat(envFile).then(
    (file) => file.mode,
    () => null,
  );
  if (mode !== null && (mode & 0o077) !== 0 && process.platform !== 'win32') {
    const hint = `It holds the token and the key: chmod 600 ${envFile}`;
    findings.push(yellow('Configuration', `${envFile} can be read by others`, hint));
  }
  const { picturesPerDay, costMicrosPerDay } = config.limits.bot;
  if (picturesPerDay === null && costMicrosPerDay === null) {
    const hint = 'Set DAILY_PICTURES or DAILY_COST_LIMIT, or each server’s own limits.';
    findings.push(yellow('Cost', 'nothing bounds the bill of a day', hint));
  }
  const unpriced = config.limits.defaults.models.filter((model) => config.prices[model] === null);
  if (unpriced.length > 0) {
    const message = `no prices for ${unpriced.join(' and ')}: costs are not shown`;
    const names = unpriced.map((model) => `${model.toUpperCase()}_PRICE_*`).join(' and ');
    findings.push(yellow('Cost', message, `Set ${names} as your provider bills them.`));
  }
  return findings;
}
