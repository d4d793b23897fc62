import { setTimeout as delay } from 'node:timers/promises';
import { type Client, Routes } from 'discord.js';
import type { Logger } from 'pino';
import { expectDiscord } from './not-discord.ts';

/** A pause before the next IDENTIFY. */
export interface Hold {
  /** The tries before failed (`backoff`), or the day's budget is nearly used up (`budget`). */
  why: 'backoff' | 'budget';
  /** Epoch milliseconds. */
  until: number;
}

/** Discord's `session_start_limit`. */
export interface IdentifyBudget {
  total: number;
  remaining: number;
  /** Epoch milliseconds at which `remaining` is `total` again. */
  resetsAt: number;
}

const DEFAULTS = {
  /** Discord's own bound: one IDENTIFY in 5 s. */
  firstPauseMs: 5_000,
  /** Half as much again with the jitter: then a whole day of an outage takes 864 at most. */
  longestPauseMs: 100_000,
  /** At most so much of a pause is added to it, so that bots do not come back all at once. */
  jitter: 0.5,
  /** A session that began so long ago was no failure. */
  steadyAfterMs: 5 * 60_000,
  /** An answer about the budget is used for so long. */
  freshMs: 30_000,
  /** While the budget is waited for, Discord is asked again after this time at the latest. */
  askAgainMs: 15 * 60_000,
  /** The least wait for the budget, whatever Discord says. */
  shortestHoldMs: 1_000,
};

/** The longest that Discord's window can be, whatever is said. */
const DAY_MS = 24 * 60 * 60_000;
/** The shortest: an answer that calls its own window over still says what is left now. */
const SHORTEST_WINDOW_MS = 5_000;

export interface IdentifyPacerDeps {
  log: Logger;
  /** Milliseconds that never jump, counted from the epoch. */
  now: () => number;
  /** Called for each IDENTIFY. */
  onIdentify: () => void;
  /** Called where Discord no longer accepts the token: nothing is sent after that. */
  onRefused: (error: unknown) => void;
  /** From 0 to 1. */
  random?: () => number;
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  timing?: Partial<typeof DEFAULTS>;
}

/** Whether these are the last IDENTIFYs of the day, which are left to the operator. */
export function isNearlyUsedUp({ total, remaining }: IdentifyBudget): boolean {
  return remaining <= total / 10 || remaining < 1;
}

/**
 * The budget in an answer of `GET /gateway/bot`; null where it does not say how many are left. What
 * else is missing or makes no sense is taken for what keeps most logins.
 */
export function readIdentifyBudget(answer: unknown, now: number): IdentifyBudget | null {
  const { session_start_limit: limit } = (answer ?? {}) as { session_start_limit?: unknown };
  const { total, remaining: left, reset_after } = (limit ?? {}) as Record<string, unknown>;
  if (typeof left !== 'number' || !Number.isFinite(left)) return null;
  const remaining = Math.max(left, 0);
  const resetAfter = isCount(reset_after) ? reset_after : DAY_MS;
  return {
    // Without it a tenth is not known, but none left is.
    total: isCount(total) && total > 0 ? total : remaining,
    remaining,
    resetsAt: now + Math.min(Math.max(resetAfter, SHORTEST_WINDOW_MS), DAY_MS),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/**
 * When the bot may IDENTIFY to the gateway. Discord allows a bot 1000 in 24 hours and resets its
 * token beyond that; discord.js alone repeats it every 5 to 6 seconds for as long as an outage lasts.
 */
export class IdentifyPacer {
  readonly #client: Client;
  readonly #deps: Required<Omit<IdentifyPacerDeps, 'timing'>>;
  readonly #timing: typeof DEFAULTS;
  /** What Discord last said of the budget; null before its first answer. */
  #known: { budget: IdentifyBudget | null; askedAt: number } | null = null;
  /** IDENTIFYs that were sent since `#known` was read. */
  #sentSince = 0;
  /** IDENTIFYs in a row that led to no session that lasted. */
  #failures = 0;
  /** When the session that the last IDENTIFY led to began; null where it led to none. */
  #readyAt: number | null = null;
  /** No IDENTIFY before this moment. */
  #nextAt = 0;
  /** Set before a wait and cleared when the IDENTIFY goes out; a connection may end in between. */
  #hold: Hold | null = null;
  #isClosed = false;
  /** discord.js has a shard wait for its turn; with several, one after the other. */
  #turn: Promise<void> = Promise.resolve();

  /** Takes the place of discord.js's own throttler. Call it before the login. */
  constructor(client: Client, deps: IdentifyPacerDeps) {
    this.#client = client;
    this.#deps = {
      random: Math.random,
      wait: (ms, signal) => delay(ms, null, { signal }),
      ...deps,
    };
    this.#timing = { ...DEFAULTS, ...deps.timing };
    client.on('shardReady', () => {
      this.#readyAt = deps.now();
    });
    client.options.ws = {
      ...client.options.ws,
      buildIdentifyThrottler: () => ({
        // It must not reject unless the signal says so: discord.js would IDENTIFY twice.
        waitForIdentify: (_shard, signal) => {
          const mine = this.#turn.then(() => this.#identify(signal));
          this.#turn = mine.catch(() => {});
          return mine;
        },
      }),
    };
  }

  /**
   * Resolves when the day's budget allows a login. Asks Discord first.
   *
   * @param onHeld Called once, before the first wait.
   * @throws What the request throws, where the first answer is none; the signal's reason.
   */
  async beforeLogin(signal: AbortSignal, onHeld: () => void): Promise<void> {
    await this.#ask(signal);
    await this.#untilAllowed(signal, onHeld);
  }

  /** What is waited for now; null while nothing is. */
  held(): Hold | null {
    return this.#hold;
  }

  /** No IDENTIFY goes out any more: a client that is destroyed may still connect anew. */
  close(): void {
    this.#isClosed = true;
  }

  async #identify(signal: AbortSignal): Promise<void> {
    await this.#untilAllowed(signal);
    if (this.#isClosed) await aborted(signal);
    const { firstPauseMs, longestPauseMs, jitter, steadyAfterMs } = this.#timing;
    const { now, random, onIdentify } = this.#deps;
    if (this.#readyAt !== null && now() - this.#readyAt >= steadyAfterMs) this.#failures = 0;
    this.#readyAt = null;
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, longestPauseMs);
    this.#nextAt = now() + Math.ceil(pauseMs * (1 + jitter * random()));
    this.#failures++;
    this.#sentSince++;
    onIdentify();
  }

  async #untilAllowed(signal: AbortSignal, onHeld?: () => void): Promise<void> {
    const { now, wait, log } = this.#deps;
    for (;;) {
      signal.throwIfAborted();
      if (this.#nextAt > now()) {
        this.#hold = { why: 'backoff', until: this.#nextAt };
        await wait(this.#nextAt - now(), signal);
        continue;
      }
      await this.#refresh(signal);
      const budget = this.#budgetNow();
      if (budget === null || !isNearlyUsedUp(budget)) break;
      const until = Math.max(budget.resetsAt, now() + this.#timing.shortestHoldMs);
      if (this.#hold?.why !== 'budget') {
        const { remaining, total } = budget;
        const resetsAt = new Date(until).toISOString();
        const facts = { remaining, total, resetsAt };
        log.warn(facts, 'few logins are left: waiting until there are more');
        onHeld?.();
      }
      this.#hold = { why: 'budget', until };
      await wait(Math.min(until - now(), this.#timing.askAgainMs), signal);
    }
    this.#hold = null;
  }

  /** The budget as it must stand now; null where Discord never told one. */
  #budgetNow(): IdentifyBudget | null {
    const budget = this.#known?.budget ?? null;
    if (budget === null || budget.resetsAt <= this.#deps.now()) return null;
    return { ...budget, remaining: budget.remaining - this.#sentSince };
  }

  /** Asks where the last answer is old; while Discord does not answer, the old one is counted on. */
  async #refresh(signal: AbortSignal): Promise<void> {
    const { now, onRefused, log } = this.#deps;
    const known = this.#known;
    const isOver = known?.budget && known.budget.resetsAt <= now();
    if (known !== null && !isOver && now() - known.askedAt < this.#timing.freshMs) return;
    try {
      await this.#ask(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error)) {
        onRefused(error);
        await aborted(signal);
      }
      log.warn({ reason: nameOf(error) }, 'Discord does not say how many logins are left');
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { rest } = this.#client;
    const answer = await expectDiscord(async () => {
      const told = (await rest.get(Routes.gatewayBot(), { signal })) as { url?: string } | null;
      if (!/^wss?:$/.test(new URL(told?.url ?? '').protocol)) throw new TypeError('no gateway');
      return told;
    });
    const askedAt = this.#deps.now();
    this.#known = { budget: readIdentifyBudget(answer, askedAt), askedAt };
    this.#sentSince = 0;
  }
}

/** Whether Discord says that the token is not, or no longer, one of a bot's. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'status' in error && error.status === 401;
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'status' in error ? `HTTP ${String(error.status)}` : error.name;
}

/** Rejects when the signal comes, and never before. */
async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise<never>((_, reject) => {
    const give = () => reject(signal.reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
  });
}
