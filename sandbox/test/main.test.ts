import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const BOT_VARIABLES = [
  'DISCORD_TOKEN',
  'DISCORD_API_URL',
  'ANYFAST_API_KEY',
  'ANYFAST_BASE_URL',
  'ATTACHMENT_HOSTS',
];
const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

const OTHER_BOT = fileURLToPath(new URL('other-bot/description.ts', import.meta.url));

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs the sandbox as `npm run sandbox -- …` does. */
function sandbox(args: string[], cwd = tmpdir()): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end();
  });
}

describe('npm run sandbox', () => {
  it('--run prints the states, saves the picture and exits 0', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sandbox-main-'));
    try {
      const line = '/imagine prompt:"a boat" ratio:1:1';
      const args = ['--run', line, '--out', 'out', '--pace', '0'];
      const { code, stdout, stderr } = await sandbox(args, directory);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^Darkroom is thinking…\n\n> a boat\n.*\nsaved out\/.*\.png\n$/s);
      expect(await readdir(join(directory, 'out'))).toHaveLength(1);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('--json says on one line what came, and exits 1 when it was no picture', async () => {
    const args = ['--run', '/imagine prompt:"[[text-only]]"', '--json', '--pace', '0'];
    const { code, stdout } = await sandbox(args);
    expect(code).toBe(1);
    expect(stdout.split('\n')).toHaveLength(2);
    expect(Object.keys(JSON.parse(stdout))).toEqual([
      'ok',
      'kind',
      'states',
      'footer',
      'files',
      'requests',
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, kind: 'no_image', files: [] });
  });

  it('exits 2 with one sentence for wrong arguments and wrong lines', async () => {
    const wrong = [
      ['--frobnicate'],
      ['--run', '/draw'],
      ['--run', '/imagine prompt:x', '--as', 'x'],
    ];
    const ended = await Promise.all(wrong.map((args) => sandbox(args)));
    expect(ended.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      wrong.map(() => ({ code: 2, stdout: '' })),
    );
    expect(ended.map(({ stderr }) => stderr)).toEqual([
      "Unknown option '--frobnicate'.\n",
      expect.stringMatching(/^There is no command "\/draw"\. Commands: \/imagine, \/edit.*\.\n$/),
      'There is no "x". People: owner, moderator, member, other-member, installer.\n',
    ]);
  });

  it('--no-bot prints what points another bot at it', async () => {
    const { code, stdout } = await sandbox(['--no-bot']);
    expect(code).toBe(0);
    for (const name of BOT_VARIABLES)
      expect(stdout).toMatch(new RegExp(`^export ${name}='.+'$`, 'm'));
  });

  it('--bot runs any bot that a module describes, under its own variables', async () => {
    const args = ['--bot', OTHER_BOT, '--run', '/hello', '--json'];
    const { stdout } = await sandbox(args);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      kind: 'unknown',
      states: [expect.stringMatching(/^Hello, I am Greeter/)],
    });
    const alone = await sandbox(['--bot', OTHER_BOT, '--no-bot']);
    expect(alone.stdout).toMatch(/^export BOT_TOKEN='.+'$/m);
    for (const name of BOT_VARIABLES) expect(alone.stdout).not.toContain(name);
  });

  it('--bot says in one sentence what is wrong with a file', async () => {
    const ended = await Promise.all(
      ['not-there.ts', MAIN.replace('main.ts', 'render.ts')].map((file) =>
        sandbox(['--bot', file, '--no-bot']),
      ),
    );
    expect(ended.map(({ code, stderr }) => [code, stderr])).toEqual([
      [2, 'There is no file "not-there.ts".\n'],
      [
        2,
        expect.stringMatching(/^".*render.ts" has no default export with the name, about, .*\.\n$/),
      ],
    ]);
  });

  it('--help and --words explain', async () => {
    expect((await sandbox(['--help'])).stdout).toContain('--attach OPTION=FILE');
    const words = await sandbox(['--words']);
    expect(words.stdout).toMatch(/^ {2}\[\[busy\]\] \[\[busy:N\]\] .* → busy$/m);
    const ofOther = await sandbox(['--words', '--bot', OTHER_BOT]);
    expect(ofOther.stdout).toContain('[[busy:N]]');
    expect(ofOther.stdout).not.toContain('→');
  });
});
