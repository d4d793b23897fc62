/** One identified client, across the connections that it resumes over. */
import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';

export interface Session {
  id: string;
  intents: number;
  shard: [id: number, count: number];
  /** The number of the last event. */
  sequence: number;
  /** The newest events, for a resume; bounded. */
  sent: { s: number; t: string; d: unknown }[];
  /** Null while disconnected. */
  socket: WebSocket | null;
}

/** Events that a client may miss and still resume. */
const MAX_REPLAY = 1_000;

/** A new session at its first event. */
export function createSession(
  intents: number,
  shard: [number, number],
  socket: WebSocket,
): Session {
  return { id: randomBytes(16).toString('hex'), intents, shard, sequence: 0, sent: [], socket };
}

/** Numbers an event and keeps it for a resume. */
export function remember(session: Session, t: string, d: unknown) {
  session.sequence += 1;
  const event = { s: session.sequence, t, d };
  session.sent.push(event);
  if (session.sent.length > MAX_REPLAY) session.sent.shift();
  return event;
}

/** The events after this number, or null when they are no longer all there. */
export function missedSince(session: Session, sequence: number) {
  if (sequence > session.sequence) return null;
  const missed = session.sent.filter((event) => event.s > sequence);
  return missed.length === session.sequence - sequence ? missed : null;
}

/** Discord's rule which shard hears of a guild; what belongs to no guild goes to shard 0. */
export function hears({ shard: [id, count] }: Session, guildId: string | null): boolean {
  return guildId === null ? id === 0 : Number((BigInt(guildId) >> 22n) % BigInt(count)) === id;
}
