import { describe, expect, it } from 'vitest';
import { editPause } from '../../src/reply/live-message.ts';

describe('the pause between progress edits', () => {
  it('grows as the bucket empties', () => {
    const pauses = [4, 3, 2, 1].map((remaining) => editPause({ remaining, resetAfterMs: 5_000 }));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(new Set(pauses).size).toBe(pauses.length);
  });

  it('leaves the last slot to the end, by waiting for the bucket to fill', () => {
    expect(editPause({ remaining: 1, resetAfterMs: 4_200 })).toBe(4_200);
    expect(editPause({ remaining: 0, resetAfterMs: 4_200 })).toBe(4_200);
  });

  it('is never shorter than a person can read', () => {
    expect(editPause({ remaining: 50, resetAfterMs: 100 })).toBe(1_000);
  });

  it('keeps under Discord’s documented bucket when no headers come', () => {
    expect(5_000 / editPause({ remaining: null, resetAfterMs: null })).toBeLessThanOrEqual(4);
  });
});
