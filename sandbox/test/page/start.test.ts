import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));

it('npm run sandbox prints the page’s address, serves it, and ends with its input', async () => {
  const child = spawn(process.execPath, [MAIN, '--no-bot'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let url = '';
  for await (const line of createInterface(child.stdout)) {
    url = /^Open (http:\/\/127\.0\.0\.1:\d+\/) in a browser/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  expect(await (await fetch(url)).text()).toContain('<title>Darkroom’s sandbox</title>');
  child.stdout.resume();
  child.stdin.end('quit\n');
  expect(await ended).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});

it('says what it needs where only the bot’s own dependencies are installed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sandbox-bare-'));
  try {
    const root = new URL('../../../', import.meta.url);
    for (const name of ['sandbox', 'package.json']) {
      await cp(new URL(name, root), join(directory, name), { recursive: true });
    }
    const ended = await new Promise((resolve) => {
      execFile(process.execPath, [join(directory, 'sandbox/main.ts')], (error, _out, stderr) =>
        resolve({ code: error?.code, stderr }),
      );
    });
    const stderr = 'The packages of the sandbox are not installed: run npm ci.\n';
    expect(ended).toEqual({ code: 1, stderr });
  } finally {
    await rm(directory, { recursive: true });
  }
});
