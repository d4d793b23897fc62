import type { Client } from 'discord.js';
import type { Logger } from 'pino';

/** How the connection to the gateway stands, and how it has been. */
export interface GatewayWatch {
  /** Whether events can arrive now, on every shard that was ever connected. */
  isConnected(): boolean;
  /** Lost connections since that moment (epoch milliseconds). */
  dropsSince(at: number): number;
  /** Discord's close code when it closed for good, as 4004 for a token that was reset; or null. */
  closedFor(): number | null;
  /** Milliseconds between a heartbeat and its answer; null before the first. */
  pingMs(): number | null;
}

/** More than anybody asks back for. */
const KEEP_DROPS = 100;

export interface GatewayWatchDeps {
  now: () => number;
  /** Whether the process is on its way out, and closes the connection itself. */
  isStopping: () => boolean;
  /** Called for each lost connection. */
  onDrop: () => void;
  log: Logger;
}

/** Follows the client's own events, and logs what becomes of the connection. */
export function watchGateway(client: Client, deps: GatewayWatchDeps): GatewayWatch {
  const { now, isStopping, onDrop, log } = deps;
  const connected = new Map<number, boolean>();
  /** Why each shard's connection was last closed: only the shard itself tells. */
  const closeCodes = new Map<number, number>();
  const drops: number[] = [];
  let closedFor: number | null = null;

  function ready(shard: number): void {
    if (!connected.has(shard)) {
      client.ws.shards.get(shard)?.on('close', ({ code }) => closeCodes.set(shard, code));
    }
    connected.set(shard, true);
  }

  function dropped(shard: number): void {
    // Each failed try to reconnect is told as well; it is the same drop still.
    if (connected.get(shard) !== true) return;
    connected.set(shard, false);
    drops.push(now());
    if (drops.length > KEEP_DROPS) drops.shift();
    onDrop();
  }

  client.on('shardReady', ready);
  client.on('shardResume', (shard, replayed) => {
    ready(shard);
    log.info({ shard, replayed }, 'gateway resumed');
  });
  client.on('shardReconnecting', (shard) => {
    if (isStopping()) return;
    log.info({ shard, code: closeCodes.get(shard) ?? null }, 'gateway reconnecting');
    dropped(shard);
  });
  client.on('shardDisconnect', ({ code }, shard) => {
    log.warn({ shard, code }, 'gateway disconnected');
    closedFor = code;
    dropped(shard);
  });

  return {
    isConnected: () => connected.size > 0 && [...connected.values()].every(Boolean),
    dropsSince: (at) => drops.filter((drop) => drop >= at).length,
    closedFor: () => closedFor,
    pingMs: () => (client.ws.ping >= 0 ? client.ws.ping : null),
  };
}
