import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../../sandbox/main.ts', import.meta.url));

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
