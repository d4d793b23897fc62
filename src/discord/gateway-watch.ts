import { type WebSocketManager, WebSocketShardEvents } from '@discordjs/ws';
import { type Client, Events, SimpleShardingStrategy } from 'discord.js';
import type { Logger } from 'pino';
import type { Hold, IdentifyPacer } from './identify-pacer.ts';

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

/** What a watch tells of the connection. */
export type GatewayStatus = Pick<GatewayWatch, keyof GatewayWatch>;

/** Follows the client's connection to the gateway from the first on, and logs it. */
export class GatewayWatch {
  readonly #client: Client;
  readonly #deps: GatewayWatchDeps;
  /** Whether each shard that was ever connected still is. */
  readonly #connected = new Map<number, boolean>();
  readonly #drops: number[] = [];
  /** When each line that may repeat was logged last. */
  readonly #logged = new Map<string, number>();
  /** How often in a row Discord called the session of a shard invalid. */
  readonly #invalidInARow = new Map<number, number>();
  #closedFor: number | null = null;
  /** When the connection last showed a sign of life; null before the first. */
  #movedAt: number | null = null;

  /** Call it before the login. */
  constructor(client: Client, deps: GatewayWatchDeps) {
    this.#client = client;
    this.#deps = deps;
    client.options.ws = {
      ...client.options.ws,
      buildStrategy: (connections) => {
        this.#follow(connections);
        return new SimpleShardingStrategy(connections);
      },
    };
    client.on(Events.ShardReady, (shard) => this.#isUp(shard));
    client.on(Events.ShardResume, (shard, replayed) => {
      this.#isUp(shard);
      deps.log.info({ shard, replayed }, 'gateway resumed');
    });
    client.on(Events.ShardReconnecting, (shard) => {
      if (!deps.isStopping()) this.#dropped(shard);
    });
    client.on(Events.ShardDisconnect, ({ code }, shard) => {
      this.#closedFor = code;
      this.#dropped(shard);
      deps.onClosedForGood(code);
    });
    // Of a connection that fails: its address, or a proxy's answer. What follows is told as a close.
    client.on(Events.ShardError, ({ message }, shard) => {
      this.#logOnce('warn', 'gateway connection error', { shard, reason: message });
    });
    const { stuckAfterMs = STUCK_AFTER_MS } = deps;
    const look = () => this.#isStuck(stuckAfterMs) && deps.onStuck();
    setInterval(look, Math.min(LOOK_EVERY_MS, stuckAfterMs)).unref();
  }

  /** Whether events can arrive now, on every shard that was ever connected. */
  isConnected(): boolean {
    return this.#connected.size > 0 && this.#connected.values().every(Boolean);
  }

  /** Lost connections since that moment (milliseconds of `deps.now`). */
  dropsSince(at: number): number {
    return this.#drops.filter((drop) => drop >= at).length;
  }

  /** Discord's close code when it closed for good, as 4004 for a token that was reset; or null. */
  closedFor(): number | null {
    return this.#closedFor;
  }

  /** The pause before the next IDENTIFY, where one is waited for; null otherwise. */
  held(): Hold | null {
    return this.#deps.held();
  }

  /** Milliseconds between a heartbeat and its answer; null before the first. */
  pingMs(): number | null {
    const { ping } = this.#client.ws;
    return ping >= 0 ? ping : null;
  }

  /** discord.js's connections below its client tell more than the client does. */
  #follow(connections: WebSocketManager): void {
    connections.on(WebSocketShardEvents.Closed, ({ code, shardId: shard }) => {
      this.#deps.onClose(code);
      if (!this.#deps.isStopping()) this.#logOnce('info', 'gateway closed', { shard, code });
    });
    connections.on(WebSocketShardEvents.Debug, ({ message, shardId: shard }) => {
      this.#movedAt = this.#deps.now();
      const [, resumable] = INVALID_SESSION.exec(message) ?? [];
      if (resumable === undefined) return;
      const facts = { shard, resumable: resumable === 'true' };
      this.#logOnce('info', 'gateway session invalid (op 9)', facts);
      const count = (this.#invalidInARow.get(shard) ?? 0) + 1;
      this.#invalidInARow.set(shard, count);
      // discord.js resumes at once, for as often as it is told to; without a session it logs in anew.
      if (count >= MAX_INVALID) void connections.options.updateSessionInfo(shard, null);
    });
  }

  #isUp(shard: number): void {
    this.#connected.set(shard, true);
    this.#invalidInARow.delete(shard);
  }

  #dropped(shard: number): void {
    // Each failed try to reconnect is told as well; it is the same drop still.
    if (this.#connected.get(shard) !== true) return;
    this.#connected.set(shard, false);
    this.#drops.push(this.#deps.now());
    if (this.#drops.length > KEEP_DROPS) this.#drops.shift();
    this.#deps.onDrop();
  }

  #isStuck(afterMs: number): boolean {
    const { now, isStopping, held } = this.#deps;
    if (this.#movedAt === null || now() - this.#movedAt <= afterMs) return false;
    return !this.isConnected() && this.#closedFor === null && !isStopping() && held() === null;
  }

  /** discord.js tries again every half second, or at once: what repeats is logged once a minute. */
  #logOnce(level: 'info' | 'warn', message: string, facts: Record<string, unknown>): void {
    const key = `${message} ${JSON.stringify(facts)}`;
    const at = this.#logged.get(key);
    const now = this.#deps.now();
    if (at !== undefined && now - at < REPEAT_AFTER_MS) return;
    if (this.#logged.size >= KEEP_LOGGED) this.#logged.clear();
    this.#logged.set(key, now);
    this.#deps.log[level](facts, message);
  }
}

/** Codes that Discord and discord.js close with; a label of a metric must not grow without bound. */
const KNOWN_CODES = new Set([1000, 1001, 1006, 4200]);

/** The close code for a metric: Discord's own (4000 to 4099) and the usual ones, else `other`. */
export function labelOfClose(code: number): string {
  return KNOWN_CODES.has(code) || (code >= 4000 && code < 4100) ? String(code) : 'other';
}
