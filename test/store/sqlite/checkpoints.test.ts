import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startCheckpoints } from '../../../src/store/sqlite/checkpoints.ts';
import { openDatabase } from '../../../src/store/sqlite/connection.ts';
import { temporaryFolder } from '../test-store.ts';

function openSample(): { database: DatabaseSync; file: string } {
  const file = join(temporaryFolder(), 'sample.sqlite');
  const database = openDatabase(file);
  onTestFinished(() => database.close());
  database.exec('create table words (word text)');
  return { database, file };
}

function automaticPages(database: DatabaseSync): unknown {
  return database.prepare('pragma wal_autocheckpoint').get()?.['wal_autocheckpoint'];
}

describe('checkpoints', () => {
  test('move the log into the file without the connection that writes', async () => {
    const { database, file } = openSample();
    const stop = startCheckpoints(database, file, { everyMs: 10 });
    onTestFinished(stop);
    database.exec("insert into words values ('in the log so far')");
    const before = statSync(file).size;
    await expect.poll(() => statSync(file).size, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(automaticPages(database)).toBe(20_000);
    await stop();
    await stop();
    expect(database.prepare('select word from words').all()).toHaveLength(1);
  });

  test('go back to the connection when their thread cannot work', async () => {
    const { database } = openSample();
    database.exec('pragma wal_autocheckpoint = 7');
    // A folder is no database.
    const stop = startCheckpoints(database, temporaryFolder(), { everyMs: 1 });
    onTestFinished(stop);
    await expect.poll(() => automaticPages(database), { timeout: 20_000 }).toBe(1_000);
  });

  test('never begin for who closes at once', async () => {
    const { database, file } = openSample();
    await startCheckpoints(database, file)();
    expect(automaticPages(database)).toBe(1_000);
  });
});
