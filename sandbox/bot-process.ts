import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The real bot as a process of its own. */
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
  /** All that the bot is told; nothing of this process's own environment but what a process needs. */
  env: Readonly<Record<string, string>>;
  /** Where it runs. Not the repository, whose `.env` would be read there. */
  directory: string;
  /** Called with each piece of its output. */
  onOutput?: (text: string) => void;
}

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
/**
 * As `npm start` has it. V8's young generation keeps the buffers of streams until it is full: at
 * 4 MiB instead of 16, fifty pictures at once take 100 MB less, at the same speed.
 */
const NODE_OPTIONS = ['--max-semi-space-size=4'] as const;
const KEEP_OUTPUT_CHARS = 1_000_000;
const GRACE_MS = 5_000;

/** What an operating system needs for any process to run. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'TZ', 'SystemRoot'] as const;

/** Starts `src/main.ts`, unmodified. */
export async function startBotProcess(options: BotOptions): Promise<BotProcess> {
  const passedOn = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const child = spawn(process.execPath, [...NODE_OPTIONS, MAIN], {
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
