import { type WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { type Client, Events, SimpleShardingStrategy } from 'discord.js';
import type { Logger } from 'pino';
import type { Hold, IdentifyPacer } from './identify-pacer.ts';

/** How the connection to the gateway stands, and how it has been. */
export interface GatewayWatch {
  /** Whether events can arrive now, on every shard that was ever connected. */
  isConnected(): boolean;
  /** Lost connections since that moment (epoch milliseconds). */
  dropsSince(at: number): number;
  /** Discord's close code when it closed for good, as 4004 for a token that was reset; or null. */
  closedFor(): number | null;
  /** The pause before the next IDENTIFY, where one is waited for; null otherwise. */
  held(): Hold | null;
  /** Milliseconds between a heartbeat and its answer; null before the first. */
  pingMs(): number | null;
}

/** More than anybody asks back for. */
const KEEP_DROPS = 100;
/** Longer than anything that discord.js waits for by itself: a greeting (60 s), READY (15 s). */
const STUCK_AFTER_MS = 3 * 60_000;
const REPEAT_AFTER_MS = 60_000;
/** Different lines that may repeat; reasons hold addresses and a proxy's words. */
const KEEP_LOGGED = 100;
/** After so many times in a row that Discord calls it invalid, a session is given up. */
const MAX_INVALID = 3;
const LOOK_EVERY_MS = 15_000;
/** discord.js tells of op 9 in these words alone. */
const INVALID_SESSION = /^Invalid session; will attempt to resume: (true|false)/;

export interface GatewayWatchDeps {
  now: () => number;
  /** Whether the process is on its way out, and closes the connection itself. */
  isStopping: () => boolean;
  /** The pause before the next IDENTIFY: a silence that is none. */
  held: IdentifyPacer['held'];
  /** Called for each lost connection. */
  onDrop: () => void;
  /** Called for each end of a connection, before READY as well, with Discord's close code. */
  onClose: (code: number) => void;
  /** Called when Discord closed for good: discord.js does not connect again. */
  onClosedForGood: (code: number) => void;
  /** Called when nothing has happened for minutes though nothing is connected. */
  onStuck: () => void;
  log: Logger;
  stuckAfterMs?: number;
}

/** Follows the client's connection from the first on, and logs it. Call it before the login. */
export function watchGateway(client: Client, deps: GatewayWatchDeps): GatewayWatch {
  const { now, isStopping, log, stuckAfterMs = STUCK_AFTER_MS } = deps;
  const connected = new Map<number, boolean>();
  const drops: number[] = [];
  /** When each line that may repeat was logged last. */
  const logged = new Map<string, number>();
  /** How often in a row Discord called the session of a shard invalid. */
  const invalidInARow = new Map<number, number>();
  let closedFor: number | null = null;
  /** When the connection last showed a sign of life; null before the first. */
  let movedAt: number | null = null;

  const isConnected = () => connected.size > 0 && [...connected.values()].every(Boolean);

  function dropped(shard: number): void {
    // Each failed try to reconnect is told as well; it is the same drop still.
    if (connected.get(shard) !== true) return;
    connected.set(shard, false);
    drops.push(now());
    if (drops.length > KEEP_DROPS) drops.shift();
    deps.onDrop();
  }

  /** discord.js tries again every half second, or at once: what repeats is logged once a minute. */
  function logOnce(level: 'info' | 'warn', message: string, facts: Record<string, unknown>): void {
    const key = `${message} ${JSON.stringify(facts)}`;
    const at = logged.get(key);
    if (at !== undefined && now() - at < REPEAT_AFTER_MS) return;
    if (logged.size >= KEEP_LOGGED) logged.clear();
    logged.set(key, now());
    log[level](facts, message);
  }

  /** discord.js's connections below its client tell more than the client does. */
  function follow(connections: WebSocketManager): void {
    connections.on(WebSocketShardEvents.Closed, ({ code, shardId: shard }) => {
      deps.onClose(code);
      if (!isStopping()) logOnce('info', 'gateway closed', { shard, code });
    });
    connections.on(WebSocketShardEvents.Debug, ({ message, shardId: shard }) => {
      movedAt = now();
      const [, resumable] = INVALID_SESSION.exec(message) ?? [];
      if (resumable === undefined) return;
      const facts = { shard, resumable: resumable === 'true' };
      logOnce('info', 'gateway session invalid (op 9)', facts);
      const count = (invalidInARow.get(shard) ?? 0) + 1;
      invalidInARow.set(shard, count);
      // discord.js resumes at once, for as often as it is told to; without a session it logs in anew.
      if (count >= MAX_INVALID) void connections.options.updateSessionInfo(shard, null);
    });
  }
  client.options.ws = {
    ...client.options.ws,
    buildStrategy(connections) {
      follow(connections);
      return new SimpleShardingStrategy(connections);
    },
  };

  function isUp(shard: number): void {
    connected.set(shard, true);
    invalidInARow.delete(shard);
  }
  client.on(Events.ShardReady, isUp);
  client.on(Events.ShardResume, (shard, replayed) => {
    isUp(shard);
    log.info({ shard, replayed }, 'gateway resumed');
  });
  client.on(Events.ShardReconnecting, (shard) => {
    if (!isStopping()) dropped(shard);
  });
  client.on(Events.ShardDisconnect, ({ code }, shard) => {
    closedFor = code;
    dropped(shard);
    deps.onClosedForGood(code);
  });
  // Of a connection that fails: its address, or a proxy's answer. What follows is told as a close.
  client.on(Events.ShardError, ({ message }, shard) => {
    logOnce('warn', 'gateway connection error', { shard, reason: message });
  });

  const timer = setInterval(
    () => {
      const isQuiet = movedAt !== null && now() - movedAt > stuckAfterMs;
      if (!isQuiet || isConnected() || closedFor !== null || isStopping() || deps.held() !== null)
        return;
      deps.onStuck();
    },
    Math.min(LOOK_EVERY_MS, stuckAfterMs),
  );
  timer.unref();

  return {
    isConnected,
    dropsSince: (at) => drops.filter((drop) => drop >= at).length,
    closedFor: () => closedFor,
    held: deps.held,
    pingMs: () => (client.ws.ping >= 0 ? client.ws.ping : null),
  };
}

/** Codes that Discord and discord.js close with; a label of a metric must not grow without bound. */
const KNOWN_CODES = new Set([1000, 1001, 1006, 4200]);

/** The close code for a metric: Discord's own (4000 to 4099) and the usual ones, else `other`. */
export function labelOfClose(code: number): string {
  return KNOWN_CODES.has(code) || (code >= 4000 && code < 4100) ? String(code) : 'other';
}
