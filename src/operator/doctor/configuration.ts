import { stat } from 'node:fs/promises';
import { environment } from '../../environment.ts';
import type { FoundSettings } from '../settings.ts';
import { type Finding, green, red, yellow } from './finding.ts';

/** Settings of Darkroom begin so; others in a shared environment are somebody else's. */
const OURS =
  /^(DISCORD|ANYFAST|FLASH|PRO|OPS|LOG|USER|GUILD|DAILY|REFERENCES?|SPOOL|RETENTION|ATTACHMENT|MODEL)_/;

/** Every problem of the configuration, and what it leaves open. */
export async function checkConfiguration(
  { config, problems }: FoundSettings,
  variables: Record<string, string>,
  envFile = '.env',
): Promise<Finding[]> {
  const findings = problems.map((problem) =>
    red('Configuration', problem, 'See .env.example, which explains each setting.'),
  );
  if (problems.length === 0) findings.push(green('Configuration', 'complete'));
  for (const name of Object.keys(variables)) {
    if (!OURS.test(name) || name in environment.shape) continue;
    const says = `${name} is none of Darkroom's settings`;
    findings.push(yellow('Configuration', says, 'Is it misspelt? It has no effect.'));
  }
  const mode = await stat(envFile).then(
    (file) => file.mode,
    () => null,
  );
  if (mode !== null && (mode & 0o077) !== 0 && process.platform !== 'win32') {
    const advice = `It holds the token and the key: chmod 600 ${envFile}`;
    findings.push(yellow('Configuration', `${envFile} can be read by others`, advice));
  }
  const { picturesPerDay, costMicrosPerDay } = config.limits.bot;
  if (picturesPerDay === null && costMicrosPerDay === null) {
    const advice = 'Set DAILY_PICTURES or DAILY_COST_LIMIT, or each server’s own limits.';
    findings.push(yellow('Cost', 'nothing bounds the bill of a day', advice));
  }
  const unpriced = config.limits.defaults.models.filter((model) => config.prices[model] === null);
  if (unpriced.length > 0) {
    const says = `no prices for ${unpriced.join(' and ')}: costs are not shown`;
    const names = unpriced.map((model) => `${model.toUpperCase()}_PRICE_*`).join(' and ');
    findings.push(yellow('Cost', says, `Set ${names} as your provider bills them.`));
  }
  return findings;
}
