import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../src/data-folder.ts';
import { lockData } from '../src/store/sqlite/data-lock.ts';
import { openStore } from '../src/store/store.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-folder-'));
});
afterEach(async () => {
  spawnSync('umount', [join(folder, 'mounted')]);
  await rm(folder, { recursive: true, force: true });
});

describe('a folder', () => {
  it('is made with those above it, and may be there already', async () => {
    const deep = join(folder, 'one', 'two');
    makeFolder(deep);
    makeFolder(deep);
    expect((await stat(deep)).isDirectory()).toBe(true);
  });

  it('is not made in the place of a file', async () => {
    const file = join(folder, 'taken');
    await writeFile(file, 'a file');
    expect(() => makeFolder(file)).toThrow('EEXIST');
    expect(() => makeFolder(join(file, 'below'))).toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')('that cannot be ends in an error, not never', () => {
    expect(() => makeFolder('/proc/nope/below')).toThrow('ENOENT');
  });
});

describe('the lock of a data folder', () => {
  it('makes the folder, is held by one, and is given back', () => {
    const data = join(folder, 'data');
    const unlock = lockData(data);
    expect(() => lockData(data)).toThrow(/another Darkroom runs.*Stop that one first/);
    unlock();
    lockData(data)();
  });

  it('names a folder that it cannot use, and the setting', async () => {
    const file = join(folder, 'taken');
    await writeFile(file, 'a file');
    expect(() => lockData(file)).toThrow(`${file} cannot be used (EEXIST): DATA_DIR must be`);
    await mkdir(join(folder, 'data', 'darkroom.lock'), { recursive: true });
    expect(() => lockData(join(folder, 'data'))).toThrow('unable to open database file');
  });

  // A disk of its own takes the right to mount one.
  const canMount = process.platform === 'linux' && process.getuid?.() === 0;

  function mountAt(place: string, ...options: string[]): boolean {
    makeFolder(place);
    return spawnSync('mount', ['-t', 'tmpfs', ...options, 'tmpfs', place]).status === 0;
  }

  it.runIf(canMount)('asks for room on a full disk, and so does the database', async (test) => {
    const place = join(folder, 'mounted');
    if (!mountAt(place, '-o', 'size=1m')) test.skip();
    spawnSync('dd', ['if=/dev/zero', `of=${join(place, 'filler')}`, 'bs=4k']);
    const words = `the disk of ${place} is full: make room on it`;
    expect(() => lockData(place)).toThrow(words);
    await expect(openStore({ file: join(place, 'darkroom.sqlite') })).rejects.toThrow(words);
  });

  it.runIf(canMount)('says that a file system is read-only', (test) => {
    const place = join(folder, 'mounted');
    if (!mountAt(place, '-o', 'ro')) test.skip();
    expect(() => lockData(place)).toThrow(`${place} cannot be used`);
    const below = join(place, 'one', 'two');
    expect(() => lockData(below)).toThrow(`${below} cannot be used (EROFS)`);
  });
});
