import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';

const run = promisify(execFile);
/** What operators read and what runs for them. */
const PLACES = ['README.md', 'docs/operating.md', 'Dockerfile', 'systemd/darkroom.service'];
/** What npm reads in a clone of the repository, and in the image that the Dockerfile builds. */
const CLONE = ['package.json', 'package-lock.json', 'sandbox/package.json'];
const IMAGE = ['package.json', 'package-lock.json'];
const SERVER_INSTALL = 'npm ci --omit=dev --workspaces=false';

/** What npm would install by the lock file, by name; it installs nothing and asks nobody. */
async function packagesOf(command: string, files = CLONE): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-install-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'sandbox'));
  for (const file of files) await copyFile(file, join(folder, file));
  const [program = '', ...args] = command.split(' ');
  const { stdout } = await run(program, [...args, '--dry-run', '--offline', '--ignore-scripts'], {
    cwd: folder,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))),
  });
  return [...stdout.matchAll(/^add (\S+) \S+$/gm)].map(([, name = '']) => name);
}

describe('a server’s install', () => {
  it.each([
    ['a clone', CLONE],
    ['the image', IMAGE],
  ])(
    'holds what the bot needs in %s, and nothing of the sandbox or the tests',
    async (_, files) => {
      const packages = await packagesOf(SERVER_INSTALL, files);
      for (const needed of ['discord.js', 'sharp', 'undici', 'zod']) {
        expect(packages).toContain(needed);
      }
      for (const other of ['fastify', 'discord-api-spec', '@darkroom/sandbox', 'vitest']) {
        expect(packages).not.toContain(other);
      }
    },
  );

  it('needs the option that leaves out the workspaces', async () => {
    expect(await packagesOf('npm ci --omit=dev')).toContain('fastify');
  });

  it.each(PLACES)('is made by the same command in %s', (file) => {
    const commands = readFileSync(file, 'utf8').match(/npm ci --omit=dev[^`\n#&]*/g) ?? [];
    expect(commands.length).toBeGreaterThan(0);
    for (const command of commands) expect(command).toMatch(new RegExp(`^${SERVER_INSTALL}\\b`));
  });

  it('shares every package that the bot and the sandbox both need', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const twice = Object.keys(packages).filter((path) => path.startsWith('sandbox/node_modules/'));
    expect(twice).toEqual([]);
  });
});
