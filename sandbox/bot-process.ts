import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { BotDescription } from './bot.ts';

/** A bot as a process of its own. */
export interface BotProcess {
  pid: number;
  /** What it wrote to stdout and stderr, in order; the newest part when it is long. */
  output(): string;
  /** Resolves when it has ended, for whatever reason. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Sends the signal and waits for the end; after the grace it is killed. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<void>;
}

export interface BotOptions {
  /** The program and its arguments, as a `BotDescription` names them. */
  command: BotDescription['command'];
  /** All that the bot is told; nothing of this process's own environment but what a process needs. */
  env: Readonly<Record<string, string>>;
  /** Where it runs. Not the bot's own folder, whose `.env` would be read there. */
  directory: string;
  /** Called with each piece of its output. */
  onOutput?: (text: string) => void;
}

const KEEP_OUTPUT_CHARS = 1_000_000;
const GRACE_MS = 5_000;

/** What an operating system needs for any process to run. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'SystemRoot'] as const;

/** Starts it, unmodified. Rejects with the system's error when there is no such program. */
export async function startBotProcess(options: BotOptions): Promise<BotProcess> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const [program, ...args] = options.command;
  const child = spawn(program, args, {
    cwd: options.directory,
    env: { ...Object.fromEntries(passedOn), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    // `close` comes after the last output, `exit` may come before it.
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  await once(child, 'spawn');

  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output = (output + text).slice(-KEEP_OUTPUT_CHARS);
      options.onOutput?.(text);
    });
  }

  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited,
    stop: async (signal = 'SIGTERM', graceMs = GRACE_MS) => {
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
