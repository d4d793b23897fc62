import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../src/store/store.ts';
import type { Told } from './store-process.ts';
import { temporaryFolder } from './test-store.ts';

/** Order of states: a generation is found where it was told to be, or further on. */
const ORDER = ['queued', 'running', 'received', 'delivered'];

const SCRIPT = join(import.meta.dirname, 'store-process.ts');

function start(work: 'churn' | 'admit', file: string, name: string): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT, work, file, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Everything a process tells until its end; `each` sees it as it comes. */
async function listen(child: ChildProcess, each: (told: Told[]) => void = () => {}) {
  const told: Told[] = [];
  if (child.stdout === null) throw new Error('the process has no output');
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(JSON.parse(line));
    each(told);
  }
  await closed;
  return told;
}

describe('a database', { timeout: 120_000 }, () => {
  test('has lost nothing that was told when its process is killed, again and again', async () => {
    const file = join(temporaryFolder(), 'darkroom.sqlite');
    for (const [round, linesToLive] of [1, 40, 41, 250].entries()) {
      const child = start('churn', file, `round${round}`);
      const told = await listen(child, ({ length }) => {
        if (length === linesToLive) child.kill('SIGKILL');
      });
      expect(child.signalCode).toBe('SIGKILL');

      const reached = new Map(told.flatMap((one) => ('id' in one ? [[one.id, one.state]] : [])));
      const store = await openStore({ file });
      try {
        expect(await store.integrity()).toEqual([]);
        for (const [id, state] of reached) {
          const found = await store.generations.get(id);
          expect(ORDER.indexOf(found?.state ?? '')).toBeGreaterThanOrEqual(ORDER.indexOf(state));
        }
        // What was under way can go on, and nothing is in the way of the next process.
        for (const { id, generations } of await store.replies.unsettled()) {
          for (const generation of generations) {
            if (generation.state === 'running') await store.generations.requeue(generation.id);
            await store.generations.conclude(generation.id, { state: 'interrupted' });
          }
          expect(await store.replies.settle(id)).toBe(true);
        }
        expect(await store.integrity()).toEqual([]);
      } finally {
        await store.close();
      }
    }
  });

  test('is made once and counted rightly by processes that all start at once', async () => {
    const file = join(temporaryFolder(), 'darkroom.sqlite');
    const children = ['a', 'b', 'c', 'd'].map((name) => start('admit', file, name));
    const answers = await Promise.all(children.map((child) => listen(child)));
    expect(children.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    const admitted = answers.flat().filter((told) => 'admitted' in told && told.admitted);
    expect(answers.map((told) => told.length)).toEqual([50, 50, 50, 50]);
    expect(admitted).toHaveLength(100);
    const store = await openStore({ file });
    expect(await store.integrity()).toEqual([]);
    expect(await store.replies.unsettled()).toHaveLength(100);
    // Every change followed on another: what one left is what the next one found.
    const changes = await store.settings.changes('guild', 1_000);
    const found = changes.map(({ from }) => from ?? null);
    const left = changes.map(({ to }) => to ?? null);
    const { userCooldownMs: last = null } = await store.settings.get('guild');
    expect([...left, null].sort()).toEqual([...found, last].sort());
    await store.close();
  });
});
