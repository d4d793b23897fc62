import { describe, expect, it } from 'vitest';
import { retry } from '../../src/async/retry.ts';

describe('a retry', () => {
  it('calls the work until it succeeds, and counts the attempts', async () => {
    const attempts: number[] = [];
    const work = (attempt: number) => {
      attempts.push(attempt);
      if (attempt < 3) throw new Error('not yet');
      return 'done';
    };
    expect(await retry(work, () => 0)).toBe('done');
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('throws the last error when it gives up', async () => {
    const work = async (attempt: number) => {
      throw new Error(`attempt ${attempt}`);
    };
    await expect(retry(work, (_, attempt) => (attempt < 2 ? 1 : null))).rejects.toThrow(
      'attempt 2',
    );
  });

  it('stops waiting with the reason of its signal', async () => {
    const stop = new AbortController();
    const failing = retry(
      () => {
        throw new Error('failed');
      },
      () => 60_000,
      stop.signal,
    );
    stop.abort(new Error('stopped'));
    await expect(failing).rejects.toThrow('stopped');
  });

  it('does not try again after its signal', async () => {
    const stop = new AbortController();
    let attempts = 0;
    const failing = retry(
      () => {
        attempts += 1;
        stop.abort(new Error('stopped'));
        throw new Error('failed');
      },
      () => 0,
      stop.signal,
    );
    await expect(failing).rejects.toThrow('stopped');
    expect(attempts).toBe(1);
  });
});
