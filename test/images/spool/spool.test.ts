import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DiskSpool, type Spool } from '../../../src/images/spool/spool.ts';
import { jpeg, noise, png } from '../../gemini/support/pictures.ts';

const FOX = png({ bytes: 5_000, width: 1376, height: 768 });

let directory: string;
let spool: Spool;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'darkroom-spool-'));
  spool = new DiskSpool({ directory, maxBytes: 20_000 });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function spooled(owner: string, bytes: Buffer = FOX, into = spool) {
  const file = into.open(owner);
  await file.write(bytes);
  return await file.finish();
}

describe('a file of the spool', () => {
  it('has its final name only when it is whole, and tells what its own bytes say', async () => {
    const file = spool.open('g1');
    expect(await readdir(directory)).toEqual([]);
    await file.write(FOX.subarray(0, 1_000));
    await file.write(FOX.subarray(1_000));
    expect(await readdir(directory)).toEqual(['g1.1.part']);
    const image = await file.finish();
    expect(image).toEqual({
      path: join(directory, 'g1.1.image.png'),
      bytes: FOX.length,
      mime: 'image/png',
      width: 1376,
      height: 768,
    });
    expect(await readFile(image.path)).toEqual(FOX);
  });

  it.each([
    ['nothing', Buffer.of()],
    ['an HTML page', Buffer.from('<!doctype html><h1>no</h1>')],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')],
    ['a head that breaks off', FOX.subarray(0, 20)],
    ['noise', noise(5_000, 3)],
  ])('is removed when it holds %s', async (_, bytes) => {
    const file = spool.open('g1');
    if (bytes.length > 0) await file.write(bytes);
    await expect(file.finish()).rejects.toMatchObject({
      kind: 'bad_answer',
      details: { problem: 'not_an_image' },
    });
    expect(await readdir(directory)).toEqual([]);
    expect(spool.usedBytes).toBe(0);
  });

  it('tells a JPEG whose size stands behind much metadata', async () => {
    const head = jpeg({ width: 640, height: 480, bytes: 900 });
    const segment = Buffer.concat([Buffer.from('ffe2fffe', 'hex'), Buffer.alloc(0xfffc, 1)]);
    const bytes = Buffer.concat([head.subarray(0, 2), segment, segment, segment, head.subarray(2)]);
    const roomy = new DiskSpool({ directory, maxBytes: 1_000_000 });
    expect(await spooled('g1', bytes, roomy)).toMatchObject({
      mime: 'image/jpeg',
      width: 640,
      height: 480,
    });
  });

  it('leaves nothing when it is discarded, at any time and any number of times', async () => {
    const file = spool.open('g1');
    const writing = file.write(FOX);
    await file.discard();
    await file.discard();
    await writing;
    expect(await readdir(directory)).toEqual([]);
    expect(spool.usedBytes).toBe(0);
    await expect(file.write(FOX)).rejects.toMatchObject({ kind: 'internal' });
    await expect(file.finish()).rejects.toMatchObject({ kind: 'internal' });
  });

  it.each(['', '../g1', 'a/b', 'a.b', '.', 'a\0', 'a'.repeat(65)])(
    'is refused to the owner %j',
    (owner) => {
      expect(() => spool.open(owner)).toThrow('bad name');
    },
  );
});

describe('the bound of the spool', () => {
  it('counts unfinished files, and is given back by every removal', async () => {
    const whole = await spooled('g1', noiseAfter(FOX, 12_000));
    const file = spool.open('g2');
    await file.write(noise(7_000, 1));
    expect(spool.usedBytes).toBe(19_000);
    await expect(file.write(noise(1_001, 1))).rejects.toMatchObject({ kind: 'no_space' });
    await file.discard();
    expect(spool.usedBytes).toBe(12_000);
    await spool.remove(whole);
    await spool.remove(whole);
    expect(spool.usedBytes).toBe(0);
    await spooled('g3');
  });

  it('counts what an earlier run left', async () => {
    await spooled('g1');
    expect(new DiskSpool({ directory, maxBytes: 20_000 }).usedBytes).toBe(FOX.length);
  });

  it.runIf(process.platform === 'linux')('are refused where there can be no folder', () => {
    expect(() => new DiskSpool({ directory: '/proc/nope/below', maxBytes: 1 })).toThrow('ENOENT');
  });

  it('tells a folder that is gone from a bound', async () => {
    await rm(directory, { recursive: true });
    const file = spool.open('g1');
    await expect(file.write(FOX)).rejects.toMatchObject({ kind: 'internal' });
    await file.discard();
    expect(spool.usedBytes).toBe(0);
  });
});

describe('after a crash', () => {
  it('whole pictures of an owner are found, oldest first, with their roles', async () => {
    const draft = spool.open('g1');
    await draft.write(FOX);
    await draft.finish('draft');
    await spooled('g1');
    await writeFile(join(directory, 'g1.7.part'), FOX.subarray(0, 100));
    await spooled('g10');
    const next = new DiskSpool({ directory, maxBytes: 50_000 });
    const found = await next.find('g1');
    expect(found.map(({ role }) => role)).toEqual(['draft', 'image']);
    expect(found[1]?.image).toMatchObject({ bytes: FOX.length, width: 1376, mime: 'image/png' });
    expect(await next.findWhole('g1')).toEqual(found[1]?.image);
    expect(await next.findWhole('g2')).toBeNull();
    expect((await spooled('g1', FOX, next)).path).not.toBe(found[1]?.image.path);
  });

  it('a file that goes while it is looked for is not found, and nobody stumbles over it', async () => {
    await spooled('g1');
    // In the folder's list, and gone for whoever opens it.
    await symlink(join(directory, 'nowhere'), join(directory, 'g1.9.image.png'));
    expect(await spool.find('g1')).toHaveLength(1);
  });

  it('a sweep removes what is unfinished and what nobody wants, and no other file', async () => {
    await spooled('keep');
    await spooled('drop');
    await writeFile(join(directory, 'keep.7.part'), FOX.subarray(0, 100));
    await writeFile(join(directory, 'notes.txt'), 'mine');
    const next = new DiskSpool({ directory, maxBytes: 50_000 });
    await next.sweep((owner) => owner === 'keep');
    expect((await readdir(directory)).toSorted()).toEqual(['keep.1.image.png', 'notes.txt']);
    expect(next.usedBytes).toBe(FOX.length);
  });

  it('a draft that became the result is found as the result', async () => {
    const file = spool.open('g1');
    await file.write(FOX);
    const image = await spool.assign(await file.finish('draft'), 'image');
    expect((await spool.find('g1')).map(({ role }) => role)).toEqual(['image']);
    expect(await spool.findWhole('g1')).toEqual(image);
    expect(await readFile(image.path)).toEqual(FOX);
    expect(spool.usedBytes).toBe(FOX.length);
    await spool.remove(image);
    expect(spool.usedBytes).toBe(0);
  });

  it('no file outside the folder is ever touched', async () => {
    const outside = join(directory, '..', 'g1.1.image.png');
    await expect(spool.remove({ path: outside })).rejects.toMatchObject({ kind: 'internal' });
    await expect(spool.remove({ path: join(directory, 'notes.txt') })).rejects.toThrow();
  });
});

function noiseAfter(head: Buffer, bytes: number): Buffer {
  return Buffer.concat([head, noise(bytes - head.length, 8)]);
}
