import { parseArgs } from 'node:util';
import type { StoredReply } from '../store/store.ts';
import { openReadOnlyStore, type ReadOnlyStore } from '../store/store.ts';
import { formatTimeline } from './timeline.ts';
import { databaseFile, exitWithError, ignoreClosedPipe } from './tool.ts';

/**
 * `npm run explain -- ID [--words]`: what became of a generation, or of all of a reply's. Takes the
 * reference id that people read, a reply's id, or the id of a message on Discord.
 */
const USAGE = `npm run explain -- ID [--words]
  ID       the reference below a failed picture, the end of a file's name, a reply's id, or a message's id
  --words  also what the person wrote and the model thought`;

async function find(
  id: string,
  database: ReadOnlyStore,
): Promise<{ reply: StoredReply; only: string | null } | null> {
  const generation = await database.generations.get(id);
  const reply =
    (await database.replies.get(generation?.replyId ?? id)) ??
    (await database.replies.findByMessage(id));
  return reply === null ? null : { reply, only: generation?.id ?? null };
}

async function explain(id: string, withWords: boolean): Promise<void> {
  const database = await openReadOnlyStore(databaseFile());
  try {
    const found = await find(id, database);
    if (found === null) {
      throw new Error(
        `The database has nothing under ${id}. What failed before it was admitted is only in the log: look for the id there.`,
      );
    }
    for (const generation of found.reply.generations) {
      if (found.only !== null && generation.id !== found.only) continue;
      const transcript = await database.generations.transcript(generation.id);
      const words = withWords ? { transcript } : null;
      process.stdout.write(`${formatTimeline(generation, found.reply, words)}\n`);
    }
  } finally {
    await database.close();
  }
}

ignoreClosedPipe();
try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { words: { type: 'boolean', default: false } },
  });
  const [id] = positionals;
  if (id === undefined) {
    exitWithError(USAGE);
    process.exitCode = 2;
  } else {
    await explain(id.trim(), values.words);
  }
} catch (error) {
  exitWithError(error);
}
