/** Discord's epoch, 2015-01-01, in Unix milliseconds. */
const DISCORD_EPOCH = 1_420_070_400_000n;

/**
 * Makes ids of 17 to 19 digits that always grow, even when the clock stands still or goes back.
 * All of them are greater than those in `taken`.
 */
export function createSnowflakes(now: () => number, taken: readonly string[] = []): () => string {
  let last = 0n;
  for (const id of taken) if (BigInt(id) > last) last = BigInt(id);
  return () => {
    const fromClock = (BigInt(Math.floor(now())) - DISCORD_EPOCH) << 22n;
    last = fromClock > last ? fromClock : last + 1n;
    return last.toString();
  };
}
