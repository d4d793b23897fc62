import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUpDatabase, restoreDatabase } from '../../src/store/backup.ts';
import { type NewReply, openReadOnlyStore, openStore, type Store } from '../../src/store/store.ts';
import { NO_LIMITS } from '../store/samples.ts';
import { sampleRequest, sampleTarget } from '../support/samples.ts';

let folder: string;
let database: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-backup-'));
  database = join(folder, 'data', 'darkroom.sqlite');
  store = await openStore({ file: database });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

async function admit(number: number): Promise<void> {
  const reply: NewReply = {
    id: `reply${number}`,
    command: 'imagine',
    target: sampleTarget({ interactionToken: `token-${number}` }),
    origin: null,
    createdAt: Date.now(),
    generations: [{ id: `gen${number}`, request: sampleRequest(), reservedCostMicros: 0 }],
  };
  await store.replies.admit(reply, NO_LIMITS);
}

describe('a backup', () => {
  it('is one sound file of its own, for its owner alone, made while the database is written', async () => {
    for (let number = 0; number < 20; number++) await admit(number);
    const file = join(folder, 'copy.sqlite');
    let writing = true;
    const writer = (async () => {
      for (let number = 20; writing; number++) await admit(number);
    })();
    const facts = await backUpDatabase(database, file);
    writing = false;
    await writer;
    expect(facts.generations).toBeGreaterThanOrEqual(20);
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never takes the place of a file, and makes none where there is no database', async () => {
    const file = join(folder, 'copy.sqlite');
    await writeFile(file, 'precious');
    await expect(backUpDatabase(database, file)).rejects.toThrow('exists already');
    await expect(backUpDatabase(join(folder, 'none'), join(folder, 'new'))).rejects.toThrow(
      'no database',
    );
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
  });
});

describe('a restored database', () => {
  it('holds what was backed up, and ends what had not ended, so that it is not paid again', async () => {
    await admit(1);
    await admit(2);
    await store.generations.conclude('gen1', { state: 'cancelled' });
    await store.deferrals.note(sampleTarget({ interactionToken: 'owed' }));
    const file = join(folder, 'copy.sqlite');
    await backUpDatabase(database, file);

    const other = join(folder, 'other');
    await mkdir(other);
    const restored = join(other, 'darkroom.sqlite');
    expect(await restoreDatabase(file, restored)).toMatchObject({ generations: 2, open: 1 });
    expect(await readdir(other)).toEqual(['darkroom.sqlite']);

    const second = await openStore({ file: restored });
    try {
      expect((await second.generations.get('gen1'))?.state).toBe('cancelled');
      expect((await second.generations.get('gen2'))?.state).toBe('interrupted');
      expect(await second.replies.unsettled()).toEqual([]);
      expect(await second.deferrals.list()).toEqual([]);
      expect(await second.integrity()).toEqual([]);
    } finally {
      await second.close();
    }
  });

  it('never takes the place of a database', async () => {
    const file = join(folder, 'copy.sqlite');
    await backUpDatabase(database, file);
    await expect(restoreDatabase(file, database)).rejects.toThrow('move it away first');
  });

  it('comes neither from a damaged file, nor from one that is no database, nor from a newer one', async () => {
    const place = join(folder, 'other.sqlite');
    const file = join(folder, 'copy.sqlite');
    await writeFile(file, 'this is no database at all, but words');
    await expect(restoreDatabase(file, place)).rejects.toThrow();
    await rm(file);
    await backUpDatabase(database, file);
    const copy = new DatabaseSync(file);
    copy.exec("insert into migrations values ('999-from-the-future', '2030-01-01')");
    copy.close();
    const restoring = restoreDatabase(file, place);
    await expect(restoring).rejects.toThrow(/version 999.*was not touched/s);
    await expect(restoring).rejects.toThrow(`The database ${file} is`);
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
  });
});

describe('a database that is only read', () => {
  it('is left as it is, and one of another version is refused with what to do', async () => {
    await admit(1);
    const read = await openReadOnlyStore(database);
    expect(await read.count()).toEqual({ generations: 1, open: 1 });
    await read.close();

    const old = join(folder, 'old.sqlite');
    const emptied = new DatabaseSync(old);
    emptied.exec('create table migrations (name text, timestamp text)');
    await expect(openReadOnlyStore(old)).rejects.toThrow('is not a database of Darkroom');
    emptied.exec("insert into migrations values ('001-ledger', '2026-01-01')");
    emptied.close();
    await expect(openReadOnlyStore(old)).rejects.toThrow('earlier version');
  });
});
