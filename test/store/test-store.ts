import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Usage } from '../../src/domain.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { image, NO_LIMITS, NOON, type ReplyChange, reply, USAGE } from './samples.ts';

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestStore {
  store: Store;
  file: string;
  /** What the store takes for now; tests move it. */
  clock: { now: number };
}

/** A real store in a real file, closed and removed when the test ends. */
export async function openTestStore(folder = temporaryFolder()): Promise<TestStore> {
  const clock = { now: NOON };
  const file = join(folder, 'darkroom.sqlite');
  const store = await openStore({ file, now: () => clock.now });
  onTestFinished(() => store.close());
  return { store, file, clock };
}

/** Takes an admitted generation all the way to its delivered picture. */
export async function deliver(
  store: Store,
  id: string,
  { usage = USAGE, costMicros = null }: { usage?: Usage | null; costMicros?: number | null } = {},
): Promise<void> {
  await store.generations.start(id);
  await store.generations.countAttempt(id);
  await store.generations.recordImage(id, { image: image(id), usage, costMicros });
  await store.generations.conclude(id, { state: 'delivered' });
}

/** Admits a reply without limits and sees its pictures delivered and the reply settled. */
export async function deliverReply(store: Store, id: string, change: ReplyChange = {}) {
  const made = reply(id, change);
  await store.replies.admit(made, NO_LIMITS);
  for (const generation of made.generations) await deliver(store, generation.id);
  await store.replies.settle(id);
  return made;
}
