import type { ModelKey } from '../domain.ts';

/** What the queue needs to know of a generation that waits. Plain data. */
export interface QueueEntry {
  /** The generation's id. */
  id: string;
  userId: string;
  model: ModelKey;
}

interface QueueOptions {
  maxConcurrent: number;
  /** Carries a generation through; must not reject. */
  run: (entry: QueueEntry) => Promise<void>;
  /** Is told after anything changed that positions depend on. */
  onChange?: () => void;
}

/** What waits for one model, oldest first, and what runs. */
interface Lane {
  waiting: QueueEntry[];
  running: number;
  /** By user: the number of the last turn. Who never had one comes first. */
  lastTurn: Map<string, number>;
}

/**
 * A queue inside this process: for each model up to `maxConcurrent` at once, and every user one
 * turn before anybody has the next; within a user, the oldest first. What waits is in the store
 * too, so a queue that is lost with its process is filled again from there.
 */
export class Queue {
  readonly #options: QueueOptions;
  readonly #lanes: Record<ModelKey, Lane> = { flash: newLane(), pro: newLane() };
  /** Called, once each, as nothing runs any more. */
  #idleListeners: (() => void)[] = [];
  /** How many turns were given, over all lanes. */
  #turns = 0;
  /** Set once, by `stop`. */
  #isStopped = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(entry: QueueEntry): void {
    const lane = this.#lanes[entry.model];
    lane.waiting.push(entry);
    this.#startMore(lane);
  }

  /** Takes out a generation that has not begun; false when it has, or was never here. */
  remove(id: string): boolean {
    const isIt = (entry: QueueEntry) => entry.id === id;
    const lane = Object.values(this.#lanes).find(({ waiting }) => waiting.some(isIt));
    if (lane === undefined) return false;
    lane.waiting.splice(lane.waiting.findIndex(isIt), 1);
    this.#options.onChange?.();
    return true;
  }

  /** How many turns until each begins that waits: 1 for the next of its model. */
  positions(): Map<string, number> {
    const orders = Object.values(this.#lanes).map(turnOrder);
    return new Map(orders.flatMap((order) => order.map(({ id }, index) => [id, index + 1])));
  }

  /** Starts nothing more; what runs goes on. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.running > 0) await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
  }

  get waiting(): number {
    return this.#lanes.flash.waiting.length + this.#lanes.pro.waiting.length;
  }

  get running(): number {
    return this.#lanes.flash.running + this.#lanes.pro.running;
  }

  #startMore(lane: Lane): void {
    while (!this.#isStopped && lane.running < this.#options.maxConcurrent) {
      const [next] = turnOrder(lane);
      if (next === undefined) break;
      lane.waiting.splice(lane.waiting.indexOf(next), 1);
      lane.lastTurn.set(next.userId, ++this.#turns);
      lane.running++;
      void this.#options.run(next).finally(() => {
        lane.running--;
        forgetIdleUsers(lane);
        this.#startMore(lane);
        if (this.running === 0) for (const tell of this.#idleListeners.splice(0)) tell();
      });
    }
    this.#options.onChange?.();
  }
}

function newLane(): Lane {
  return { waiting: [], running: 0, lastTurn: new Map() };
}

/**
 * The order in which everything that waits will begin, if nothing else comes: in each round one of
 * every user, first whose last turn is longest ago.
 */
function turnOrder({ waiting, lastTurn }: Lane): QueueEntry[] {
  const lastTurnOf = (entry: QueueEntry | undefined) => lastTurn.get(entry?.userId ?? '') ?? 0;
  const byUser = [...Map.groupBy(waiting, ({ userId }) => userId).values()].sort(
    ([a], [b]) => lastTurnOf(a) - lastTurnOf(b),
  );
  const rounds = Math.max(0, ...byUser.map((own) => own.length));
  return Array.from({ length: rounds }, (_, round) =>
    byUser.flatMap((own) => own[round] ?? []),
  ).flat();
}

/** Turns are remembered for those who wait or just ran; the map does not grow with all users. */
function forgetIdleUsers({ waiting, lastTurn }: Lane): void {
  if (lastTurn.size <= 1_000) return;
  const users = new Set(waiting.map(({ userId }) => userId));
  for (const userId of new Set(lastTurn.keys()).difference(users)) lastTurn.delete(userId);
}
