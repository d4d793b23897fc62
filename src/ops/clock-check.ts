/** How this machine's clock stands beside Discord's, by the newest `Date` header of its answers. */
export interface ClockCheck {
  /** Takes the `Date` header of any answer of Discord's; anything else is passed over. */
  note(date: string | null | undefined): void;
  /** Milliseconds that this machine is ahead, negative when it is behind; null before an answer. */
  aheadMs(): number | null;
}

/**
 * Between two answers a clock that cannot be set counts on, so that a change of this machine's
 * clock is seen at once.
 *
 * @param steady Milliseconds of a clock that only goes forward.
 */
export function createClockCheck(now: () => number, steady: () => number): ClockCheck {
  let newest: { discordAt: number; steadyAt: number } | null = null;
  return {
    note(date) {
      const discordAt = Date.parse(date ?? '');
      if (!Number.isNaN(discordAt)) newest = { discordAt, steadyAt: steady() };
    },
    aheadMs() {
      if (newest === null) return null;
      return now() - (newest.discordAt + steady() - newest.steadyAt);
    },
  };
}
