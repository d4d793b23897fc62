import { setImmediate as turn } from 'node:timers/promises';

/** A clock and timers that stand still until a test lets time pass. */
export function heldTimers(start: number) {
  let now = start;
  const waiting = new Map<object, { at: number; act: () => void }>();
  return {
    now: () => now,
    get waiting(): number {
      return waiting.size;
    },
    setTimeout: ((act: () => void, ms = 0) => {
      const timer = { unref: () => timer };
      waiting.set(timer, { at: now + ms, act });
      return timer;
    }) as unknown as typeof setTimeout,
    clearTimeout: ((timer: object) => void waiting.delete(timer)) as typeof clearTimeout,
    /** Fires what is due, in its order. */
    async pass(ms: number): Promise<void> {
      const until = now + ms;
      for (;;) {
        const [next] = [...waiting].sort(([, one], [, other]) => one.at - other.at);
        if (next === undefined || next[1].at > until) break;
        waiting.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].act();
        await turn();
      }
      now = until;
    },
  };
}
