/** One writer at a time on one message; ends go before progress. */
export interface WriteTurns {
  /** Resolves with what gives the turn back; it must be called. */
  hold(as: 'progress' | 'end'): Promise<() => void>;
}

export function createWriteTurns(): WriteTurns {
  const waiting = { end: [] as (() => void)[], progress: [] as (() => void)[] };
  let isHeld = false;

  function pass(): void {
    const next = waiting.end.shift() ?? waiting.progress.shift();
    if (next) next();
    else isHeld = false;
  }

  return {
    async hold(as) {
      if (isHeld) await new Promise<void>((resolve) => waiting[as].push(resolve));
      isHeld = true;
      let isGiven = false;
      return () => {
        if (isGiven) return;
        isGiven = true;
        pass();
      };
    },
  };
}
