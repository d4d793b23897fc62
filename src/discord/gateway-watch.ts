import type { Client } from 'discord.js';

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

/** Follows the client's own events; `onDrop` is called for each lost connection. */
export function watchGateway(
  client: Client,
  { now, onDrop }: { now: () => number; onDrop: () => void },
): GatewayWatch {
  const connected = new Map<number, boolean>();
  const drops: number[] = [];
  let closeCode: number | null = null;

  function dropped(shard: number): void {
    // Each failed try to reconnect is told as well; it is the same drop still.
    if (connected.get(shard) !== true) return;
    connected.set(shard, false);
    drops.push(now());
    if (drops.length > KEEP_DROPS) drops.shift();
    onDrop();
  }

  client.on('shardReady', (shard) => connected.set(shard, true));
  client.on('shardResume', (shard) => connected.set(shard, true));
  client.on('shardReconnecting', dropped);
  client.on('shardDisconnect', ({ code }, shard) => {
    closeCode = code;
    dropped(shard);
  });

  return {
    isConnected: () => connected.size > 0 && [...connected.values()].every(Boolean),
    dropsSince: (at) => drops.filter((drop) => drop >= at).length,
    closedFor: () => closeCode,
    pingMs: () => (client.ws.ping >= 0 ? client.ws.ping : null),
  };
}
