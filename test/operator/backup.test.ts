import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLedger } from '../../src/store/read-only.ts';
import { backUpLedger, restoreLedger } from '../../src/store/sqlite/backup.ts';
import { type NewReply, openStore, type Store } from '../../src/store/store.ts';
import { NO_LIMITS } from '../store/samples.ts';
import { sampleRequest, sampleTarget } from '../support/samples.ts';

let folder: string;
let ledger: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-backup-'));
  ledger = join(folder, 'data', 'darkroom.sqlite');
  store = await openStore({ file: ledger });
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
  it('is one sound file of its own, for its owner alone, made while the ledger is written', async () => {
    for (let number = 0; number < 20; number++) await admit(number);
    const file = join(folder, 'copy.sqlite');
    let writing = true;
    const writer = (async () => {
      for (let number = 20; writing; number++) await admit(number);
    })();
    const facts = await backUpLedger(ledger, file);
    writing = false;
    await writer;
    expect(facts.generations).toBeGreaterThanOrEqual(20);
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never takes the place of a file, and makes none where there is no ledger', async () => {
    const file = join(folder, 'copy.sqlite');
    await writeFile(file, 'precious');
    await expect(backUpLedger(ledger, file)).rejects.toThrow('exists already');
    await expect(backUpLedger(join(folder, 'none'), join(folder, 'new'))).rejects.toThrow(
      'no ledger',
    );
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
  });
});

describe('a restored ledger', () => {
  it('holds what was backed up, and ends what had not ended, so that it is not paid again', async () => {
    await admit(1);
    await admit(2);
    await store.generations.conclude('gen1', { state: 'cancelled' });
    await store.deferrals.note(sampleTarget({ interactionToken: 'owed' }));
    const file = join(folder, 'copy.sqlite');
    await backUpLedger(ledger, file);

    const other = join(folder, 'other');
    await mkdir(other);
    const restored = join(other, 'darkroom.sqlite');
    expect(await restoreLedger(file, restored)).toMatchObject({ generations: 2, open: 1 });
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

  it('never takes the place of a ledger', async () => {
    const file = join(folder, 'copy.sqlite');
    await backUpLedger(ledger, file);
    await expect(restoreLedger(file, ledger)).rejects.toThrow('move it away first');
  });

  it('comes neither from a damaged file, nor from one that is no ledger, nor from a newer one', async () => {
    const place = join(folder, 'other.sqlite');
    const file = join(folder, 'copy.sqlite');
    await writeFile(file, 'this is no database at all, but words');
    await expect(restoreLedger(file, place)).rejects.toThrow();
    await rm(file);
    await backUpLedger(ledger, file);
    const database = new DatabaseSync(file);
    database.exec("insert into migrations values ('999-from-the-future', '2030-01-01')");
    database.close();
    const restoring = restoreLedger(file, place);
    await expect(restoring).rejects.toThrow(/version 999.*was not touched/s);
    await expect(restoring).rejects.toThrow(`The ledger ${file} is`);
    expect((await readdir(folder)).sort()).toEqual(['copy.sqlite', 'data']);
  });
});

describe('a ledger that is only read', () => {
  it('is left as it is, and one of another version is refused with what to do', async () => {
    await admit(1);
    const read = await readLedger(ledger);
    expect(await read.count()).toEqual({ generations: 1, open: 1 });
    await read.close();

    const old = join(folder, 'old.sqlite');
    const database = new DatabaseSync(old);
    database.exec('create table migrations (name text, timestamp text)');
    await expect(readLedger(old)).rejects.toThrow('not a ledger');
    database.exec("insert into migrations values ('001-ledger', '2026-01-01')");
    database.close();
    await expect(readLedger(old)).rejects.toThrow('earlier version');
  });
});
