import { setTimeout as delay } from 'node:timers/promises';
import { type Client, Routes } from 'discord.js';
import type { Logger } from 'pino';
import { expectDiscord } from './not-discord.ts';

/**
 * When the bot may IDENTIFY to the gateway. Discord allows a bot 1000 in 24 hours and resets its
 * token beyond that; discord.js alone repeats it every 5 to 6 seconds for as long as an outage lasts.
 */
export interface IdentifyPacer {
  /**
   * Resolves when the day's budget allows a login. Asks Discord first.
   *
   * @param onHeld Called once, before the first wait.
   * @throws What the request throws, where the first answer is none; the signal's reason.
   */
  beforeLogin(signal: AbortSignal, onHeld: () => void): Promise<void>;
  /** What is waited for now; null while nothing is. */
  held(): Hold | null;
  /** No IDENTIFY goes out any more: a client that is destroyed may still connect anew. */
  close(): void;
}

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

/** Paces the IDENTIFYs of this client. Call it before the login. */
export function paceIdentifies(client: Client, deps: IdentifyPacerDeps): IdentifyPacer {
  const {
    log,
    now,
    random = Math.random,
    wait = (ms, signal) => delay(ms, null, { signal }),
  } = deps;
  const timing = { ...DEFAULTS, ...deps.timing };

  /** What Discord last said, and how many were sent since. */
  let known: { budget: IdentifyBudget | null; askedAt: number } | null = null;
  let sentSince = 0;
  /** IDENTIFYs in a row that led to no session that lasted. */
  let failures = 0;
  /** When the session that the last IDENTIFY led to began; null where it led to none. */
  let readyAt: number | null = null;
  let nextAt = 0;
  /** Set before a wait and cleared when the IDENTIFY goes out; a connection may end in between. */
  let hold: Hold | null = null;
  let isClosed = false;
  /** discord.js has a shard wait for its turn; with several, one after the other. */
  let turn: Promise<void> = Promise.resolve();

  client.on('shardReady', () => {
    readyAt = now();
  });
  client.options.ws = {
    ...client.options.ws,
    buildIdentifyThrottler: () => ({
      // It must not reject unless the signal says so: discord.js would IDENTIFY twice.
      waitForIdentify(_shard, signal) {
        const mine = turn.then(async () => {
          await untilAllowed(signal);
          if (isClosed) await aborted(signal);
          noteIdentify();
        });
        turn = mine.catch(() => {});
        return mine;
      },
    }),
  };

  async function ask(signal: AbortSignal): Promise<void> {
    const answer = await expectDiscord(async () => {
      const told = (await client.rest.get(Routes.gatewayBot(), { signal })) as {
        url?: string;
      } | null;
      if (!/^wss?:$/.test(new URL(told?.url ?? '').protocol)) throw new TypeError('no gateway');
      return told;
    });
    known = { budget: readIdentifyBudget(answer, now()), askedAt: now() };
    sentSince = 0;
  }

  /** Asks where the last answer is old; while Discord does not answer, the old one is counted on. */
  async function refresh(signal: AbortSignal): Promise<void> {
    const isOver = known?.budget && known.budget.resetsAt <= now();
    if (known !== null && !isOver && now() - known.askedAt < timing.freshMs) return;
    try {
      await ask(signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isRefusal(error)) {
        deps.onRefused(error);
        await aborted(signal);
      }
      log.warn({ reason: nameOf(error) }, 'Discord does not say how many logins are left');
    }
  }

  /** The budget as it must stand now; null where Discord never told one. */
  function budgetNow(): IdentifyBudget | null {
    const budget = known?.budget ?? null;
    if (budget === null || budget.resetsAt <= now()) return null;
    return { ...budget, remaining: budget.remaining - sentSince };
  }

  async function untilAllowed(signal: AbortSignal, onHeld?: () => void): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      if (nextAt > now()) {
        hold = { why: 'backoff', until: nextAt };
        await wait(nextAt - now(), signal);
        continue;
      }
      await refresh(signal);
      const budget = budgetNow();
      if (budget === null || !isNearlyUsedUp(budget)) break;
      const until = Math.max(budget.resetsAt, now() + timing.shortestHoldMs);
      if (hold?.why !== 'budget') {
        const { remaining, total } = budget;
        const resetsAt = new Date(until).toISOString();
        log.warn(
          { remaining, total, resetsAt },
          'few logins are left: waiting until there are more',
        );
        onHeld?.();
      }
      hold = { why: 'budget', until };
      await wait(Math.min(until - now(), timing.askAgainMs), signal);
    }
    hold = null;
  }

  function noteIdentify(): void {
    const { firstPauseMs, longestPauseMs, jitter, steadyAfterMs } = timing;
    if (readyAt !== null && now() - readyAt >= steadyAfterMs) failures = 0;
    readyAt = null;
    const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    nextAt = now() + Math.ceil(pauseMs * (1 + jitter * random()));
    failures++;
    sentSince++;
    deps.onIdentify();
  }

  return {
    async beforeLogin(signal, onHeld) {
      await ask(signal);
      await untilAllowed(signal, onHeld);
    },
    held: () => hold,
    close() {
      isClosed = true;
    },
  };
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
