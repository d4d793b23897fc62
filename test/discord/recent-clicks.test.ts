import { beforeEach, describe, expect, it } from 'vitest';
import { createRecentClicks, type RecentClicks } from '../../src/discord/recent-clicks.ts';
import { sampleTarget } from '../support/samples.ts';

const clock = { now: 1_000 };
const click = sampleTarget({ userId: 'ada', tokenExpiresAt: 2_000 });
let clicks: RecentClicks;

beforeEach(() => {
  clock.now = 1_000;
  clicks = createRecentClicks(() => clock.now);
});

describe('a recent click', () => {
  it('is found by who clicked and what it was about', () => {
    clicks.keep('reply', click);
    expect(clicks.find('reply', 'ada')).toBe(click);
    expect(clicks.find('another reply', 'ada')).toBeNull();
  });

  it('is nobody else’s', () => {
    clicks.keep('reply', click);
    expect(clicks.find('reply', 'bob')).toBeNull();
    const theirs = sampleTarget({ userId: 'bob', tokenExpiresAt: 2_000 });
    clicks.keep('reply', theirs);
    expect(clicks.find('reply', 'ada')).toBe(click);
    expect(clicks.find('reply', 'bob')).toBe(theirs);
  });

  it('is over where the clock was ahead when it came, and nobody knows by how much', () => {
    clock.now += 86_400_000;
    clicks.keep('reply', { ...click, tokenExpiresAt: clock.now + 1_000 });
    clock.now -= 86_400_000;
    expect(clicks.find('reply', 'ada')).toBeNull();
  });

  it('gives way to a newer one', () => {
    clicks.keep('reply', click);
    const newer = { ...click, tokenExpiresAt: 3_000 };
    clicks.keep('reply', newer);
    expect(clicks.find('reply', 'ada')).toBe(newer);
  });

  it('is found as long as its token lives', () => {
    clicks.keep('reply', click);
    clock.now = 1_999;
    expect(clicks.find('reply', 'ada')).toBe(click);
    clock.now = 2_000;
    expect(clicks.find('reply', 'ada')).toBeNull();
  });

  it('is forgotten for good once it is over, when the next is kept', () => {
    clicks.keep('reply', click);
    clock.now = 2_000;
    clicks.keep('another reply', { ...click, tokenExpiresAt: 3_000 });
    // A clock that goes back shows what is still there.
    clock.now = 1_000;
    expect(clicks.find('reply', 'ada')).toBeNull();
    expect(clicks.find('another reply', 'ada')).not.toBeNull();
  });
});
