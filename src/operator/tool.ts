import { type Config, ConfigError, loadConfig } from '../config.ts';
import { readEnvironment } from '../environment.ts';
import { visible } from '../terminal.ts';

/** Stands for a secret that is missing, so that everything else can still be looked at. */
const MISSING = 'missing';

export interface UsableConfig {
  /** What is usable of the configuration; what is not has its default. */
  config: Config;
  /** One line for each problem, with what to do; empty when the bot would start. */
  problems: string[];
  hasToken: boolean;
  hasKey: boolean;
}

/** Reads the configuration as the bot does, and goes on where the bot would stop. */
export function readUsableConfig(variables = readEnvironment()): UsableConfig {
  const rest = { ...variables };
  const problems: string[] = [];
  const { DISCORD_TOKEN, ANYFAST_API_KEY } = variables;
  const secrets = { token: DISCORD_TOKEN ?? MISSING, key: ANYFAST_API_KEY ?? MISSING };
  for (;;) {
    try {
      const config = loadConfig(rest);
      return {
        config,
        problems,
        hasToken: config.discord.token !== MISSING && config.discord.token === secrets.token,
        hasKey: config.gemini.apiKey !== MISSING && config.gemini.apiKey === secrets.key,
      };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      const before = JSON.stringify(rest);
      // Each line names its settings in capitals; without them their defaults hold.
      for (const [name] of error.problems.join('\n').matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)) {
        delete rest[name];
      }
      rest['DISCORD_TOKEN'] ??= MISSING;
      rest['ANYFAST_API_KEY'] ??= MISSING;
      if (JSON.stringify(rest) === before) throw error;
    }
  }
}

/** The database's file, for tools that need neither Discord nor a model. */
export function databaseFile(): string {
  return readUsableConfig().config.database.file;
}

/**
 * Runs a tool on the file that its command line names, and prints what it says. Exit code 1: it
 * failed; 2: no file was named, and `usage` tells how to.
 */
export async function runOnFile(
  usage: string,
  work: (file: string) => Promise<string>,
): Promise<void> {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    exitWithError(usage);
    process.exitCode = 2;
    return;
  }
  await work(file).then((said) => process.stdout.write(said), exitWithError);
}

/** Lets a tool finish in peace when its reader has read enough, as `head` does. */
export function ignoreClosedPipe(): void {
  process.stdout.on('error', (error) => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error;
  });
}

/** Ends a tool with one line and exit code 1. */
export function exitWithError(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${visible(message, { lines: true })}\n`);
  process.exitCode = 1;
}
