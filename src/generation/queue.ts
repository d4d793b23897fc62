import type { ModelKey } from '../domain.ts';

/** What the queue needs to know of a generation that waits. Plain data. */
export interface QueueEntry {
  /** The generation's id. */
  id: string;
  userId: string;
  model: ModelKey;
}

/**
 * Gives waiting generations their turn. What waits is in the store too, so a queue that is lost
 * with its process is filled again from there.
 */
export interface Queue {
  add(entry: QueueEntry): void;
  /** Takes out a generation that has not begun; false when it has, or was never here. */
  remove(id: string): boolean;
  /** How many turns until each begins that waits: 1 for the next of its model. */
  positions(): Map<string, number>;
  /** Starts nothing more; what runs goes on. */
  stop(): void;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
  readonly waiting: number;
  readonly running: number;
}

interface Lane {
  waiting: QueueEntry[];
  running: number;
  /** By user: the number of the last turn. Who never had one comes first. */
  lastTurn: Map<string, number>;
}

/**
 * A queue inside this process: for each model up to `maxConcurrent` at once, and every user one
 * turn before anybody has the next; within a user, the oldest first.
 *
 * @param run Carries a generation through; must not reject.
 * @param onChange Is told after anything changed that positions depend on.
 */
export function createQueue(options: {
  maxConcurrent: number;
  run: (entry: QueueEntry) => Promise<void>;
  onChange?: () => void;
}): Queue {
  const lanes: Record<ModelKey, Lane> = { flash: newLane(), pro: newLane() };
  const idleListeners = new Set<() => void>();
  let turns = 0;
  let stopped = false;

  const sum = (of: (lane: Lane) => number) => of(lanes.flash) + of(lanes.pro);

  function startMore(lane: Lane): void {
    while (!stopped && lane.running < options.maxConcurrent) {
      const next = pickNext(lane.waiting, lane.lastTurn);
      if (next === undefined) break;
      lane.waiting.splice(lane.waiting.indexOf(next), 1);
      lane.lastTurn.set(next.userId, ++turns);
      lane.running++;
      void options.run(next).finally(() => {
        lane.running--;
        forgetIdleUsers(lane);
        startMore(lane);
        if (sum((each) => each.running) === 0) for (const tell of idleListeners) tell();
      });
    }
    options.onChange?.();
  }

  return {
    add(entry) {
      lanes[entry.model].waiting.push(entry);
      startMore(lanes[entry.model]);
    },
    remove(id) {
      for (const lane of Object.values(lanes)) {
        const index = lane.waiting.findIndex((entry) => entry.id === id);
        if (index < 0) continue;
        lane.waiting.splice(index, 1);
        options.onChange?.();
        return true;
      }
      return false;
    },
    positions() {
      const places = Object.values(lanes).flatMap((lane) =>
        turnOrder(lane).map(({ id }, index) => [id, index + 1] as const),
      );
      return new Map(places);
    },
    stop() {
      stopped = true;
    },
    async idle() {
      if (sum((lane) => lane.running) === 0) return;
      await new Promise<void>((resolve) => idleListeners.add(resolve));
    },
    get waiting() {
      return sum((lane) => lane.waiting.length);
    },
    get running() {
      return sum((lane) => lane.running);
    },
  };
}

function newLane(): Lane {
  return { waiting: [], running: 0, lastTurn: new Map() };
}

/** Whose turn it is: the user whose last turn is longest ago; of that user, the oldest entry. */
function pickNext(waiting: QueueEntry[], lastTurn: Map<string, number>): QueueEntry | undefined {
  let best: QueueEntry | undefined;
  let bestTurn = Number.POSITIVE_INFINITY;
  for (const entry of waiting) {
    const turn = lastTurn.get(entry.userId) ?? 0;
    if (turn < bestTurn) {
      best = entry;
      bestTurn = turn;
    }
  }
  return best;
}

/** The order in which everything that waits will begin, if nothing else comes. */
function turnOrder(lane: Lane): QueueEntry[] {
  const byUser = new Map<string, QueueEntry[]>();
  for (const entry of lane.waiting) {
    const own = byUser.get(entry.userId);
    if (own) own.push(entry);
    else byUser.set(entry.userId, [entry]);
  }
  const users = [...byUser].sort(
    ([a], [b]) => (lane.lastTurn.get(a) ?? 0) - (lane.lastTurn.get(b) ?? 0),
  );
  const order: QueueEntry[] = [];
  for (let round = 0; order.length < lane.waiting.length; round++) {
    for (const [, own] of users) {
      const entry = own[round];
      if (entry) order.push(entry);
    }
  }
  return order;
}

/** Turns are remembered for those who wait or just ran; the map does not grow with all users. */
function forgetIdleUsers(lane: Lane): void {
  if (lane.lastTurn.size <= 1_000) return;
  const waiting = new Set(lane.waiting.map((entry) => entry.userId));
  for (const userId of lane.lastTurn.keys()) {
    if (!waiting.has(userId)) lane.lastTurn.delete(userId);
  }
}
