/**
 * How this machine's clock stands beside Discord's, by the newest `Date` header of its answers.
 * Between two answers a clock that cannot be set counts on, so that a change of this machine's
 * clock is seen at once.
 *
 * @param steady Milliseconds of a clock that only goes forward.
 */
export function createClockCheck(now: () => number, steady: () => number) {
  let newest: { discordAt: number; steadyAt: number } | null = null;
  return {
    /** Takes the `Date` header of any answer of Discord's; anything else is passed over. */
    note(date: string | null | undefined): void {
      const discordAt = Date.parse(date ?? '');
      if (!Number.isNaN(discordAt)) newest = { discordAt, steadyAt: steady() };
    },
    /** Milliseconds that this machine is ahead, negative when it is behind; null before an answer. */
    aheadMs(): number | null {
      if (newest === null) return null;
      return now() - (newest.discordAt + steady() - newest.steadyAt);
    },
  };
}
