import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';

/** How a tool ended, and what it wrote. */
export interface Ran {
  code: number | null;
  out: string;
  error: string;
}

const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'NODE_COMPILE_CACHE'] as const;

/** Runs one of the operator's tools as npm would, in a folder of its own, with nothing but `env`. */
export async function runTool(
  name: 'doctor' | 'backup' | 'restore' | 'explain',
  args: readonly string[],
  { env, directory }: { env: Readonly<Record<string, string>>; directory: string },
): Promise<Ran> {
  const passedOn = Object.fromEntries(
    PASSED_ON.flatMap((key) => (process.env[key] === undefined ? [] : [[key, process.env[key]]])),
  );
  const script = join(resolve('src/operator'), `${name}.ts`);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: directory,
    env: { ...passedOn, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    error += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, error };
}
