import type { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { migrations } from '../../src/store/schema/migrations/index.ts';
import { openDatabase } from '../../src/store/sqlite/connection.ts';
import { createSqliteDialect } from '../../src/store/sqlite/dialect.ts';

/** Who is in the store. The first guild and the first person have far more than their share. */
export const POPULATION = {
  people: 20_000,
  guilds: 500,
  /** Of all pictures, those of the busiest guild and of the busiest person. */
  busiestGuild: 0.4,
  busiestPerson: 0.05,
  /** Until now, evenly. */
  days: 30,
} as const;

const DAY_MS = 86_400_000;
const ROWS_IN_A_TRANSACTION = 50_000;
const SIZES = ['1K', '1K', '1K', '2K', '4K'];

/** Repeats itself from run to run, unlike Math.random. Between 0 and 1. */
export function createRandom(seed = 1): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Fills a new store with settled generations, faster than anyone could ask for them: rows of the
 * first version, whose migration then adds them up.
 */
export async function fillDatabase(file: string, generations: number, now: number): Promise<void> {
  const database = openDatabase(file);
  // The file is thrown away anyway, whatever happens to the machine.
  database.exec('pragma synchronous = off');
  const db = new Kysely<unknown>({ dialect: createSqliteDialect(database) });
  const first = { '001-ledger': migrations['001-ledger'] };
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => first },
    migrationTableName: 'migrations',
    migrationLockTableName: 'migrations_lock',
  }).migrateToLatest();
  if (error !== undefined) throw error;
  insertAll(database, generations, now);
  await db.destroy();
}

function insertAll(database: DatabaseSync, generations: number, now: number): void {
  const random = createRandom();
  const insertReply = database.prepare(
    `insert into replies (id, command, user_id, guild_id, channel_id, message_id, ephemeral,
      origin_reply_id, origin_generation_id, created_at, settled_at)
      values (?, ?, ?, ?, 'channel', ?, 0, ?, ?, ?, ?)`,
  );
  const insertGeneration = database.prepare(
    `insert into generations (id, reply_id, position, user_id, guild_id, state, model, ratio, size,
      prompt, reference_files, day, created_at, started_at, attempts, first_attempt_at,
      developed_at, develop_ms, concluded_at, prompt_tokens, image_tokens, thought_tokens,
      total_tokens, cost_micros, held_pictures, held_cost_micros)
      values (?, ?, 0, ?, ?, ?, ?, '1:1', ?, ?, '[]', ?, ?, ?, 1, ?, ?, ?, ?, 12, 1120, 300, 1432,
      67000, 1, 67000)`,
  );
  const startedAt = now - POPULATION.days * DAY_MS;
  database.exec('begin');
  for (let index = 0; index < generations; index++) {
    const at = startedAt + Math.floor((index / generations) * POPULATION.days * DAY_MS);
    const person =
      random() < POPULATION.busiestPerson ? 0 : Math.floor(random() * POPULATION.people);
    const guild = random() < POPULATION.busiestGuild ? 0 : Math.floor(random() * POPULATION.guilds);
    const made = random() < 0.9;
    const edit = index > 0 && random() < 0.3;
    const origin = edit ? Math.floor(index * random()) : 0;
    const developMs = 12_000 + Math.floor(random() * 40_000);
    insertReply.run(
      `r${index}`,
      edit ? 'edit' : 'imagine',
      `user${person}`,
      `guild${guild}`,
      `message${index}`,
      edit ? `r${origin}` : null,
      edit ? `g${origin}` : null,
      at,
      at + developMs + 2_000,
    );
    insertGeneration.run(
      `g${index}`,
      `r${index}`,
      `user${person}`,
      `guild${guild}`,
      made ? 'delivered' : 'failed',
      random() < 0.7 ? 'flash' : 'pro',
      SIZES[Math.floor(random() * SIZES.length)] ?? '1K',
      `picture ${Math.floor(random() * 1_000)} of a fox, in the style of number ${index % 97}`,
      new Date(at).toISOString().slice(0, 10),
      at,
      at + 100,
      at + 150,
      made ? at + developMs : null,
      made ? developMs : null,
      at + developMs + 1_000,
    );
    if (index % ROWS_IN_A_TRANSACTION === 0) database.exec('commit; begin');
  }
  database.exec('commit');
}
