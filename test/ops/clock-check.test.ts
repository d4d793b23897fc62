import { describe, expect, it } from 'vitest';
import { createClockCheck } from '../../src/ops/clock-check.ts';

const AT = Date.UTC(2026, 10, 5, 12);

describe('the clock beside Discord’s', () => {
  it('is compared by the newest date, and counted on by a clock that nobody sets', () => {
    const clock = { now: AT, steady: 0 };
    const check = createClockCheck(
      () => clock.now,
      () => clock.steady,
    );
    expect(check.aheadMs()).toBeNull();
    check.note(new Date(AT - 60_000).toUTCString());
    expect(check.aheadMs()).toBe(60_000);
    check.note(new Date(AT).toUTCString());
    clock.now += 5_000;
    clock.steady += 5_000;
    expect(check.aheadMs()).toBe(0);
    clock.now += 86_400_000;
    expect(check.aheadMs()).toBe(86_400_000);
    clock.now -= 2 * 86_400_000;
    expect(check.aheadMs()).toBe(-86_400_000);
  });

  it.each([null, undefined, '', 'yesterday', '0x'])('learns nothing from %j', (date) => {
    const check = createClockCheck(
      () => AT,
      () => 0,
    );
    check.note(date);
    expect(check.aheadMs()).toBeNull();
  });
});
