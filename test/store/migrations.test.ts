import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { migrations } from '../../src/store/schema/migrations/index.ts';
import { openStore } from '../../src/store/store.ts';
import { dump, dumpSchema } from './dump.ts';
import { NO_LIMITS, NOON, reply } from './samples.ts';
import { deliver, openTestStore, temporaryFolder } from './test-store.ts';

const VERSIONS = Object.keys(migrations);
const FIXTURES = join(import.meta.dirname, 'fixtures');

/** A database as some version of Darkroom left it. */
function restore(version: string): string {
  const file = join(temporaryFolder(), 'darkroom.sqlite');
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
  const sql = readFileSync(join(FIXTURES, `${version}.sql`), 'utf8');
  database.exec(`begin;${sql};commit`);
  database.close();
  return file;
}

describe('migrations', () => {
  test('have a fixture of every version, named in order', () => {
    expect(VERSIONS.map((name) => Number.parseInt(name, 10))).toEqual(
      VERSIONS.map((_, index) => index + 1),
    );
    expect(readdirSync(FIXTURES).sort()).toEqual(VERSIONS.map((name) => `${name}.sql`));
  });

  /**
   * A new version writes its fixture on its first run here. A change to this file's newest fixture
   * once it was released means that a migration was changed that people have already run.
   */
  test('make what the newest fixture says', async () => {
    const { store, file } = await openTestStore();
    await store.replies.admit(
      reply('delivered', { command: 'edit', origin: { replyId: 'o', generationId: 'o-0' } }),
      NO_LIMITS,
    );
    await deliver(store, 'delivered-0', { costMicros: 39_000 });
    await store.generations.saveThumbnail('delivered-0', new Uint8Array([1, 2, 255]));
    await store.replies.settle('delivered');
    await store.replies.admit(reply('open', { pictures: 2, reservedCostMicros: 5 }), NO_LIMITS);
    await store.generations.conclude('open-0', {
      state: 'failed',
      failure: { kind: 'refused_image', details: { words: "I can't" } },
      transcript: 'Thinking about it…',
    });
    await store.settings.change('guild', { userOpen: 3 }, 'moderator');
    await store.selections.put('selection', 'user', []);
    await store.deferrals.note({ ...reply('owed').target, interactionToken: 'owed-token' });
    const sql = dump(file).replaceAll(/'[0-9a-f-]{36}'/g, "'change'");
    await expect(sql).toMatchFileSnapshot(join(FIXTURES, `${VERSIONS.at(-1)}.sql`));
  });

  test.for(VERSIONS)(
    'bring a database of %s to the newest version, with all it holds',
    async (version) => {
      const file = restore(version);
      const store = await openStore({ file, now: () => NOON });
      try {
        expect(dumpSchema(file)).toEqual(dumpSchema((await openTestStore()).file));
        expect(await store.integrity()).toEqual([]);
        expect(await store.replies.get('delivered')).toMatchObject({
          command: 'edit',
          target: null,
          origin: { replyId: 'o', generationId: 'o-0' },
          generations: [{ state: 'delivered', costMicros: 39_000, image: { width: 1_024 } }],
        });
        const [open] = await store.replies.unsettled();
        expect(open?.generations.map(({ state }) => state)).toEqual(['failed', 'queued']);
        expect(await store.generations.transcript('open-0')).toBe('Thinking about it…');
        expect(await store.generations.conclude('open-1', { state: 'cancelled' })).toBe(true);
        expect(await store.replies.settle('open')).toBe(true);
        const days = { from: '2026-11-05', to: '2026-11-05' };
        const counted = { pictures: 1, failures: 1, totalTokens: 1_330, costMicros: 39_000 };
        expect(await store.usage.ofUser('user', days)).toMatchObject(counted);
        expect(await store.usage.ofGuild('guild', days)).toMatchObject(counted);
        expect(await store.usage.topUsers('guild', '2026-11', 5)).toMatchObject([counted]);
        const quota = { pictures: 1, costMicros: 39_000 };
        expect(await store.usage.quotaUse({ userId: 'user', guildId: 'guild' })).toEqual({
          user: { ...quota, open: 0, lastAdmittedAt: NOON },
          guild: quota,
          bot: quota,
        });
        const { entries } = await store.history.page('user', { limit: 5 });
        expect(entries[0]?.thumbnail).toEqual(new Uint8Array([1, 2, 255]));
      } finally {
        await store.close();
      }
    },
  );

  test('refuse a database of a newer version by name, and do not touch it', async () => {
    const file = restore(VERSIONS.at(-1) ?? '');
    const database = new DatabaseSync(file);
    database.exec("insert into migrations values ('999-future', '2030-01-01T00:00:00.000Z')");
    database.close();
    const before = dump(file);
    await expect(openStore({ file })).rejects.toThrow(
      new RegExp(
        `is of version 999 \\(999-future\\), and this Darkroom knows versions up to ${VERSIONS.length}\\b.*restore a backup`,
        's',
      ),
    );
    expect(dump(file)).toBe(before);
  });

  test('leave nothing behind when one of them fails', async () => {
    const file = restore('001-ledger');
    const database = new DatabaseSync(file);
    // In the way of the third migration; the second one runs before it.
    database.exec('create table guild_settings (x, y)');
    database.close();
    const before = dump(file);
    await expect(openStore({ file })).rejects.toThrow(/could not be migrated/);
    expect(dump(file)).toBe(before);
  });

  test('say which file cannot be a database', async () => {
    const folder = temporaryFolder();
    await expect(openStore({ file: folder })).rejects.toThrow(folder);
    const file = join(folder, 'notes.txt');
    writeFileSync(file, 'not a database, but long enough to be looked into'.repeat(100));
    await expect(openStore({ file })).rejects.toThrow(`${file} cannot be opened: file is not a`);
  });
});
