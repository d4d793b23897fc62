import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openDatabase } from '../../../src/store/sqlite/connection.ts';
import { copyDatabase } from '../../../src/store/sqlite/database-file.ts';
import { createSqliteDialect } from '../../../src/store/sqlite/dialect.ts';
import { openStore } from '../../../src/store/store.ts';
import { NO_LIMITS, reply } from '../samples.ts';
import { deliverReply, openTestStore, temporaryFolder } from '../test-store.ts';

interface Words {
  words: { id: number; word: string; data: Uint8Array | null };
}

async function openWords(): Promise<Kysely<Words>> {
  const database = openDatabase(join(temporaryFolder(), 'words.sqlite'));
  const db = new Kysely<Words>({ dialect: createSqliteDialect(database) });
  onTestFinished(() => db.destroy());
  await sql`create table words (id integer primary key, word text, data blob)`.execute(db);
  return db;
}

describe('the dialect', () => {
  test('gives rows to what reads and counts to what writes', async () => {
    const db = await openWords();
    const data = new Uint8Array([0, 255]);
    const inserted = await db
      .insertInto('words')
      .values([
        { id: 1, word: "it's", data },
        { id: 2, word: 'two', data: null },
      ])
      .executeTakeFirstOrThrow();
    expect(inserted.numInsertedOrUpdatedRows).toBe(2n);
    const updated = db.updateTable('words').set({ word: 'three' }).where('id', '=', 2);
    expect((await updated.executeTakeFirstOrThrow()).numUpdatedRows).toBe(1n);
    expect(await updated.returning('word').execute()).toEqual([{ word: 'three' }]);
    expect(await db.selectFrom('words').selectAll().execute()).toEqual([
      { id: 1, word: "it's", data },
      { id: 2, word: 'three', data: null },
    ]);
  });

  test('takes back all of a transaction that throws, and goes on', async () => {
    const db = await openWords();
    const broken = db.transaction().execute(async (transaction) => {
      await transaction.insertInto('words').values({ id: 1, word: 'one', data: null }).execute();
      await transaction.insertInto('words').values({ id: 1, word: 'again', data: null }).execute();
    });
    await expect(broken).rejects.toThrow(/UNIQUE/);
    expect(await db.selectFrom('words').selectAll().execute()).toEqual([]);
    await db.transaction().execute(async (transaction) => {
      await transaction.insertInto('words').values({ id: 1, word: 'one', data: null }).execute();
    });
    expect(await db.selectFrom('words').selectAll().execute()).toHaveLength(1);
  });

  test('keeps answering when there are more statements than it remembers', async () => {
    const db = await openWords();
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 300; index++) {
        const { rows } = await sql`select ${sql.lit(index)} as value`.execute(db);
        expect(rows).toEqual([{ value: index }]);
      }
    }
  });

  test('lets the rest of the process have its turns during a burst', async () => {
    const { store } = await openTestStore();
    let turns = 0;
    let done = false;
    const count = () => {
      turns += 1;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const burst = Array.from({ length: 500 }, (_, index) =>
      store.replies.admit(reply(`r${index}`), NO_LIMITS),
    );
    await Promise.all(burst);
    done = true;
    expect(turns).toBeGreaterThan(3);
  });
});

describe('a database that another process has locked', () => {
  /** Another connection that writes and does not end. */
  async function openLocked() {
    const store = await openTestStore();
    await deliverReply(store.store, 'before');
    const other = new DatabaseSync(store.file);
    other.exec('begin immediate');
    const isLocked = () => other.isTransaction;
    onTestFinished(() => other.close());
    return { ...store, isLocked, unlock: () => other.exec('commit') };
  }

  test('is read all the same, behind a write that waits', async () => {
    const { store, isLocked, unlock } = await openLocked();
    const writing = deliverReply(store, 'r');
    expect(await store.replies.get('before')).not.toBeNull();
    expect(await store.generations.usualDurationMs('flash', '1K')).toBeDefined();
    expect(isLocked()).toBe(true);
    unlock();
    await writing;
  });

  test('is written as soon as it is free, in the order that was asked for', async () => {
    const { store, unlock } = await openLocked();
    const target = reply('owed').target;
    let turns = 0;
    const writes = [
      store.deferrals.note(target),
      store.replies.admit(reply('r'), NO_LIMITS),
      store.deferrals.clear(target.interactionToken),
      store.checkWritable(),
    ];
    // Timers and sockets have their turns meanwhile; with SQLite's own waiting there was none.
    while (turns < 5) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns += 1;
    }
    expect(await store.deferrals.list()).toEqual([]);
    unlock();
    await Promise.all(writes);
    expect(await store.deferrals.list()).toEqual([]);
    expect(await store.replies.get('r')).not.toBeNull();
    expect(await store.integrity()).toEqual([]);
  });
});

describe('the file', () => {
  test('is for its owner alone, and so is its log', async () => {
    const { store, file } = await openTestStore();
    await deliverReply(store, 'r');
    for (const path of [file, `${file}-wal`]) expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('a backup', () => {
  test('is a whole database of its own, made while others write', async () => {
    const { store, file } = await openTestStore();
    for (let index = 0; index < 50; index++) await deliverReply(store, `r${index}`);
    const copy = `${file}.backup`;
    const writing = Array.from({ length: 50 }, (_, index) => deliverReply(store, `late${index}`));
    await Promise.all([copyDatabase(file, copy), ...writing]);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const restored = await openStore({ file: copy });
    onTestFinished(() => restored.close());
    expect(await restored.integrity()).toEqual([]);
    expect(await restored.replies.get('r49')).toEqual(await store.replies.get('r49'));
  });
});
