import { setImmediate as settled } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../src/async/semaphore.ts';

/** Work that runs until it is told to end, and writes down when it began. */
function createWork(began: string[]) {
  return (name: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const work = () => {
      began.push(name);
      return promise;
    };
    return { work, end: () => resolve(name), fail: () => reject(new Error(name)) };
  };
}

describe('a semaphore', () => {
  it('runs one at a time, in the order of arrival', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(1);
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const all = [a, b, c].map(({ work }) => semaphore.run(work));
    await settled();
    expect(began).toEqual(['a']);
    a.end();
    await all[0];
    await settled();
    expect(began).toEqual(['a', 'b']);
    b.end();
    c.end();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('runs high priority first, in its own order, and the rest behind it', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(1);
    const works = ['first', 'normal', 'high', 'high too'].map(make);
    const all = works.map(({ work }, index) =>
      semaphore.run(work, { priority: index < 2 ? 'normal' : 'high' }),
    );
    for (const { end } of works) end();
    await Promise.all(all);
    expect(began).toEqual(['first', 'high', 'high too', 'normal']);
  });

  it('runs as many at once as its limit', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(2);
    const works = ['a', 'b', 'c'].map(make);
    const all = works.map(({ work }) => semaphore.run(work));
    await settled();
    expect(began).toEqual(['a', 'b']);
    for (const { end } of works) end();
    await Promise.all(all);
  });

  it('drops work that is aborted while it waits, without starting it', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(1);
    const stop = new AbortController();
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const first = semaphore.run(a.work);
    const left = semaphore.run(b.work, { signal: stop.signal });
    const last = semaphore.run(c.work);
    stop.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    a.end();
    c.end();
    await Promise.all([first, last]);
    expect(began).toEqual(['a', 'c']);
  });

  it('goes on after a failure, and is free again when nobody waits', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(1);
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const failing = semaphore.run(a.work);
    const next = semaphore.run(b.work);
    a.fail();
    b.end();
    c.end();
    await expect(failing).rejects.toThrow('a');
    await next;
    expect(await semaphore.run(c.work)).toBe('c');
  });

  it('lets nobody overtake the one whose turn it is', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const semaphore = new Semaphore(1);
    const [a, b, late] = [make('a'), make('b'), make('late')];
    const first = semaphore.run(a.work);
    const second = semaphore.run(b.work);
    a.end();
    const third = first.then(() => semaphore.run(late.work));
    b.end();
    late.end();
    await Promise.all([second, third]);
    expect(began).toEqual(['a', 'b', 'late']);
  });

  it('gives a turn back once, however often its release is called', async () => {
    const semaphore = new Semaphore(1);
    const release = await semaphore.acquire();
    release();
    release();
    await semaphore.acquire();
    let isAcquired = false;
    void semaphore.acquire().then(() => {
      isAcquired = true;
    });
    await settled();
    expect(isAcquired).toBe(false);
  });
});
