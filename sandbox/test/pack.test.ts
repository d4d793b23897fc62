import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../', import.meta.url));
const run = promisify(execFile);
/** npm as a person starts it: nothing of the npm that may run this test. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);

let folder: string;
/** An empty folder that the packed sandbox was installed into. */
let installed: string;
let manifest: { bin: Record<string, string>; exports: Record<string, string> };

/** Where a package of this repository is, so that it can be installed without a network. */
async function placeOf(name: string): Promise<string> {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    const place = await realpath(join(path, name)).catch(() => null);
    if (place !== null) return place;
  }
  throw new Error(`${name} is not installed`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-pack-'));
  // A copy is packed: others use the package at the same time.
  const copy = join(folder, 'copy');
  const isSource = (path: string): boolean => !['node_modules', 'dist'].includes(basename(path));
  await cp(SOURCE, copy, { recursive: true, filter: isSource });
  const { stdout } = await run('npm', ['pack', '--offline', '--silent'], { cwd: copy, env });
  expect(JSON.parse(await readFile(join(copy, 'package.json'), 'utf8'))).toEqual(
    JSON.parse(await readFile(join(SOURCE, 'package.json'), 'utf8')),
  );

  installed = join(folder, 'installed');
  await mkdir(installed);
  const { dependencies } = JSON.parse(await readFile(join(SOURCE, 'package.json'), 'utf8'));
  const places = await Promise.all(Object.keys(dependencies).map(placeOf));
  // Scripts would run in this repository's packages, which are linked rather than copied.
  const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...quiet, join(copy, stdout.trim()), ...places], {
    cwd: installed,
    env,
  });
  const packed = join(installed, 'node_modules/@darkroom/sandbox/package.json');
  manifest = JSON.parse(await readFile(packed, 'utf8'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the packed sandbox', () => {
  it('holds JavaScript alone, and no tests', async () => {
    const place = join(installed, 'node_modules/@darkroom/sandbox');
    const files = await readdir(place, { recursive: true });
    expect(files).toContain(join('dist', 'main.js'));
    expect(files).toContain(join('dist', 'page', 'browser', 'index.html'));
    expect(files.filter((file) => /\.ts$|\btest\b/.test(file))).toEqual([]);
  });

  it('starts with --no-bot where nothing but it was installed, and serves its page', async () => {
    const main = join(installed, 'node_modules/.bin', Object.keys(manifest.bin)[0] ?? '');
    const child = spawn(process.execPath, [main, '--no-bot'], {
      cwd: installed,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    const said: Record<string, string> = {};
    for await (const line of createInterface(child.stdout)) {
      const [, name, value] = /^export (\w+)='(.*)'$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) said[name] = value;
      said['page'] = /^Open (http:\S+) in a browser/.exec(line)?.[1] ?? '';
      if (said['page'] !== '') break;
    }
    const page = await fetch(said['page'] ?? '');
    expect(await page.text()).toContain('src="app.js"');
    const script = await fetch(`${said['page']}app.js`);
    expect(script.status).toBe(200);
    const gateway = await fetch(`${said['DISCORD_API_URL']}/v10/gateway/bot`, {
      headers: { authorization: `Bot ${said['DISCORD_TOKEN']}` },
    });
    expect(await gateway.json()).toMatchObject({ url: expect.stringMatching(/^ws:/) });
    child.stdout.resume();
    child.stdin.end('quit\n');
    expect(await ended).toEqual([0, null]);
  });

  it('gives what it exports', async () => {
    const names = ['@darkroom/sandbox', '@darkroom/sandbox/discord', '@darkroom/sandbox/gemini'];
    const code = `for (const name of ${JSON.stringify(names)})
      console.log(Object.keys(await import(name)).join());`;
    const args = ['--input-type=module', '--eval', code];
    const { stdout } = await run(process.execPath, args, { cwd: installed });
    const [whole, discord, gemini] = stdout.split('\n').map((line) => line.split(','));
    expect(whole).toContain('startSandbox');
    expect(discord).toContain('startLocalDiscord');
    expect(gemini).toContain('startLocalGemini');
  });
});
