import { describe, expect, it } from 'vitest';
import { createTurns } from '../../src/async/semaphore.ts';

const never = new AbortController().signal;

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

describe('turns', () => {
  it('are taken one at a time, in the order of arrival', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(1);
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const all = [a, b, c].map(({ work }) => turns.take(work, never));
    expect(began).toEqual(['a']);
    a.end();
    await all[0];
    await Promise.resolve();
    expect(began).toEqual(['a', 'b']);
    b.end();
    c.end();
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c']);
  });

  it('come first to what is urgent, in its own order, and to the rest behind it', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(1);
    const works = ['first', 'patient', 'urgent', 'urgent too'].map(make);
    const all = works.map(({ work }, index) =>
      turns.take(work, never, index < 2 ? 'patient' : 'urgent'),
    );
    for (const { end } of works) end();
    await Promise.all(all);
    expect(began).toEqual(['first', 'urgent', 'urgent too', 'patient']);
  });

  it('run as many at once as they are told', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(2);
    const works = ['a', 'b', 'c'].map(make);
    const all = works.map(({ work }) => turns.take(work, never));
    expect(began).toEqual(['a', 'b']);
    for (const { end } of works) end();
    await Promise.all(all);
  });

  it('are left by an abort while waiting, without ever beginning', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(1);
    const stop = new AbortController();
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const first = turns.take(a.work, never);
    const left = turns.take(b.work, stop.signal);
    const last = turns.take(c.work, never);
    stop.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    a.end();
    c.end();
    await Promise.all([first, last]);
    expect(began).toEqual(['a', 'c']);
  });

  it('are handed on after a failure, and free again when nobody waits', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(1);
    const [a, b, c] = [make('a'), make('b'), make('c')];
    const failing = turns.take(a.work, never);
    const next = turns.take(b.work, never);
    a.fail();
    b.end();
    c.end();
    await expect(failing).rejects.toThrow('a');
    await next;
    expect(await turns.take(c.work, never)).toBe('c');
  });

  it('do not let anyone overtake the one who is handed the turn', async () => {
    const began: string[] = [];
    const make = createWork(began);
    const turns = createTurns(1);
    const [a, b, late] = [make('a'), make('b'), make('late')];
    const first = turns.take(a.work, never);
    const second = turns.take(b.work, never);
    a.end();
    const third = first.then(() => turns.take(late.work, never));
    b.end();
    late.end();
    await Promise.all([second, third]);
    expect(began).toEqual(['a', 'b', 'late']);
  });
});
