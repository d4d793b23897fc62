/** Milliseconds of one turn of the event loop that all answers together may take. */
const SHARE_MS = 10;

/**
 * Bounds how long the reading of answers holds the event loop. A socket hands over megabytes in one
 * turn of the loop when they are there, and words cost much more to read than a picture's bytes: a
 * provider that sends nothing but words would hold up everybody's acknowledgements.
 *
 * Shared by all answers: ten that each take a little are a pause as well. Call it before each chunk,
 * and wait for what it returns; while nobody reads, the socket waits too.
 */
export function createEventLoopShare(now: () => number = () => performance.now()) {
  /** When the first answer was read in this turn; null when none was. Cleared at the turn's end. */
  let beganAt: number | null = null;
  return {
    async wait(): Promise<void> {
      if (beganAt === null) {
        beganAt = now();
        setImmediate(() => {
          beganAt = null;
        });
      } else if (now() - beganAt >= SHARE_MS) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
  };
}

export type EventLoopShare = ReturnType<typeof createEventLoopShare>;
