import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
let cache: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'darkroom-start-')));
  cache = join(root, 'node_modules/.cache/darkroom');
  mkdirSync(join(root, 'src'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  copyFileSync('src/start.js', join(root, 'src/start.js'));
  const main = [
    "import { getCompileCacheDir } from 'node:module';",
    "import { part } from './part.ts';",
    'const folder: string | undefined = getCompileCacheDir();',
    'process.stdout.write(JSON.stringify({ part, folder: folder ?? null }));',
    // As the bot ends: by the signal that asked for it, after which Node writes nothing.
    "if (part === 1) setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);",
  ];
  writeFileSync(join(root, 'src/main.ts'), main.join('\n'));
  writeFileSync(join(root, 'src/part.ts'), 'export const part: number = 1;');
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** The folder that the program used; null when it had none. */
function start(env: Record<string, string> = {}): string | null {
  const { stdout } = spawnSync(process.execPath, [join(root, 'src/start.js')], {
    cwd: tmpdir(),
    env,
    encoding: 'utf8',
  });
  const { part, folder } = JSON.parse(stdout) as { part: number; folder: string | null };
  expect(part).toBe(1);
  return folder;
}

describe('what was compiled', () => {
  it('is kept beside the packages, for this user alone, also when a signal ends the bot', () => {
    const folder = start();
    expect(folder?.startsWith(`${cache}/`)).toBe(true);
    expect(statSync(cache).mode & 0o777).toBe(0o700);
    const made = readdirSync(folder ?? '');
    expect(made.length).toBeGreaterThanOrEqual(2);
    expect(start()).toBe(folder);
    expect(readdirSync(folder ?? '')).toEqual(made);
  });

  it('is kept where Node is told to keep it', () => {
    const folder = start({ NODE_COMPILE_CACHE: join(root, 'elsewhere') });
    expect(folder?.startsWith(join(root, 'elsewhere'))).toBe(true);
  });

  it('is not kept where nothing can be written, and the bot starts all the same', () => {
    // Root may write everywhere, so a file stands in the way.
    writeFileSync(join(root, 'node_modules'), '');
    expect(start()).toBeNull();
  });

  it.each(['node_modules/.cache', 'node_modules/.cache/darkroom'])(
    'is not taken from a folder that others can write: %s',
    (open) => {
      mkdirSync(cache, { recursive: true });
      chmodSync(join(root, open), 0o777);
      expect(start()).toBeNull();
    },
  );

  it('is not taken from a folder that a link leads to', () => {
    mkdirSync(join(root, 'theirs'));
    mkdirSync(join(root, 'node_modules/.cache'), { recursive: true });
    symlinkSync(join(root, 'theirs'), cache);
    expect(start()).toBeNull();
  });

  it.runIf(process.getuid?.() === 0)('is not taken from a folder of somebody else', () => {
    mkdirSync(cache, { recursive: true });
    spawnSync('chown', ['12345', cache]);
    expect(start()).toBeNull();
  });
});
