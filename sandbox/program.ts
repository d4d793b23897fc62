import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { findActor, UnknownActorError } from './actor.ts';
import { type Arguments, HELP, readArguments, UsageError } from './arguments.ts';
import type { BotDescription } from './bot.ts';
import { CommandLineError } from './command-line.ts';
import { DARKROOM } from './darkroom.ts';
import { describeDirectives } from './gemini/directives.ts';
import { runInteractive } from './interactive.ts';
import { startPage } from './page/page.ts';
import { decorate } from './render.ts';
import { runOnce } from './run-once.ts';
import { BotError, type Sandbox, startSandbox } from './sandbox.ts';

/** Mistakes of whoever typed, against which there is something to read. */
const WRONG_USE = [UsageError, CommandLineError, UnknownActorError];

/** What shells make of Ctrl-C. */
const INTERRUPTED = 130;

/** Runs what the arguments ask for; the answer is the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const settings = readArguments(args);
  if (settings.help) process.stdout.write(HELP);
  else {
    const description = await readDescription(settings.botFile);
    if (!settings.directives) return await withSandbox(settings, description);
    process.stdout.write(describeDirectives(description.outcomes));
  }
  return 0;
}

/** The bot that a file describes. Throws a `UsageError` when it describes none. */
async function readDescription(file: string | null): Promise<BotDescription> {
  if (file === null) return DARKROOM;
  if (!existsSync(file)) throw new UsageError(`There is no file "${file}".`);
  const { default: described } = await import(pathToFileURL(file).href);
  const { name, about, command, variables } = described ?? {};
  const isDescription =
    typeof name === 'string' &&
    typeof about === 'string' &&
    Array.isArray(command) &&
    typeof variables === 'function';
  if (isDescription) return described;
  throw new UsageError(
    `"${file}" has no default export with the name, about, command and variables of a bot.`,
  );
}

async function withSandbox(settings: Arguments, description: BotDescription): Promise<number> {
  const interrupted = new AbortController();
  const onSignal = (): void => interrupted.abort(new Error('interrupted'));
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  let sandbox: Sandbox | null = null;
  try {
    sandbox = await startSandbox({
      description,
      bot: settings.bot,
      discord: { port: settings.discordPort },
      gemini: { port: settings.geminiPort, pace: settings.pace },
      ...(settings.showLog ? { onBotOutput: (text) => process.stderr.write(text) } : {}),
    });
    interrupted.signal.throwIfAborted();
    return await work(sandbox, settings, interrupted.signal);
  } catch (error) {
    // The terminal's Ctrl-C reaches the bot as well, whose end is then no news.
    if (interrupted.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    await sandbox?.close();
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

async function work(sandbox: Sandbox, settings: Arguments, signal: AbortSignal): Promise<number> {
  const { discord, env } = sandbox;
  const actor = findActor(discord, settings.as, settings.guild, settings.channel);
  const { timeoutMs, run: line } = settings;
  // With --json the one thing on stdout is the result.
  const notes = settings.json ? process.stderr : process.stdout;
  if (!settings.bot) {
    notes.write('# What points a bot at this sandbox:\n');
    for (const [name, value] of Object.entries(env)) notes.write(`export ${name}='${value}'\n`);
  }
  if (line === null) {
    const page = await startPage(sandbox, { port: settings.pagePort });
    process.stdout.write(`Discord ${discord.apiUrl}\nGemini  ${sandbox.gemini.url}\n`);
    process.stdout.write(`\nOpen ${page.url} in a browser, or type here.\n\n`);
    const terminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
    const { stdin: input, stdout: output } = process;
    const options = { actor, timeoutMs, input, output, terminal, signal };
    try {
      await runInteractive(sandbox, options);
    } finally {
      await page.close();
    }
    return signal.aborted ? INTERRUPTED : 0;
  }
  if (!settings.bot) {
    notes.write('Waiting for a bot…\n');
    await discord.whenReady({ signal });
  }
  const show = (text: string): void => {
    notes.write(`${notes.isTTY ? decorate(text) : text}\n\n`);
  };
  const result = await runOnce(sandbox, {
    line,
    attach: settings.attach,
    actor,
    out: settings.out,
    timeoutMs,
    signal,
    onState: show,
  });
  for (const { path } of result.files) if (path !== null) notes.write(`saved ${path}\n`);
  if (settings.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return result.ok ? 0 : 1;
}

/** Runs it, and says what went wrong in a sentence; the answer is the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    return await main(args);
  } catch (error) {
    const wrongUse = WRONG_USE.some((type) => error instanceof type);
    // A port that is taken, a directory that cannot be written: the system's words name it.
    if (!wrongUse && !(error instanceof BotError) && !isSystemError(error)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return wrongUse ? 2 : 1;
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}
