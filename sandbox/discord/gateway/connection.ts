/** One WebSocket connection: heartbeats, the bound on payloads, and who handles which opcode. */
import type { WebSocket } from 'ws';
import type { DiscordSettings } from '../controls.ts';
import { Close, Op } from './codes.ts';

/** Payloads that a client may send in a minute. */
const MAX_PAYLOADS = 120;
const MINUTE_MS = 60_000;

export interface Payload {
  op: number;
  d?: unknown;
}

/** What the gateway does with what a connection brings. */
export interface ConnectionHandlers {
  send(payload: Payload): void;
  /** A payload came in that could be read. */
  received(payload: Payload): void;
  /** Whether the connection has identified or resumed. */
  isBound(): boolean;
  identify(data: unknown): void;
  resume(data: unknown): void;
  closed(code: number): void;
}

/** Greets a connection and follows it until it closes. */
export function acceptConnection(
  socket: WebSocket,
  settings: DiscordSettings,
  handlers: ConnectionHandlers,
): void {
  const { heartbeatIntervalMs } = settings;
  let lastHeartbeat = performance.now();
  const arrivals: number[] = [];
  handlers.send({ op: Op.hello, d: { heartbeat_interval: heartbeatIntervalMs } });
  // Discord closes a connection that misses its beats.
  const watch = setInterval(() => {
    if (performance.now() - lastHeartbeat > heartbeatIntervalMs * 2) {
      socket.close(Close.sessionTimedOut, 'Session timed out.');
    }
  }, heartbeatIntervalMs);
  watch.unref();

  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    clearInterval(watch);
    handlers.closed(code);
  });
  socket.on('message', (data) => {
    const now = performance.now();
    arrivals.push(now);
    while (arrivals[0] !== undefined && now - arrivals[0] > MINUTE_MS) arrivals.shift();
    if (arrivals.length > MAX_PAYLOADS) {
      socket.close(Close.rateLimited, 'You are being rate limited.');
      return;
    }
    const payload = parsePayload(String(data));
    if (!payload) {
      socket.close(Close.decodeError, 'Error while decoding payload.');
      return;
    }
    handlers.received(payload);
    if (payload.op !== Op.heartbeat) {
      handle(socket, payload, handlers);
      return;
    }
    lastHeartbeat = now;
    if (settings.heartbeatAcks) handlers.send({ op: Op.heartbeatAck });
  });
}

function handle(socket: WebSocket, { op, d }: Payload, handlers: ConnectionHandlers): void {
  switch (op) {
    case Op.identify:
    case Op.resume:
      if (handlers.isBound()) socket.close(Close.alreadyAuthenticated, 'Already authenticated.');
      else if (op === Op.identify) handlers.identify(d);
      else handlers.resume(d);
      return;
    case Op.presence:
    case Op.voice:
    case Op.requestMembers:
      if (!handlers.isBound()) socket.close(Close.notAuthenticated, 'Not authenticated.');
      return;
    default:
      socket.close(Close.unknownOpcode, 'Unknown opcode.');
  }
}

function parsePayload(text: string): Payload | null {
  try {
    const payload: unknown = JSON.parse(text);
    if (typeof payload !== 'object' || payload === null) return null;
    const { op } = payload as { op?: unknown };
    return typeof op === 'number' ? (payload as Payload) : null;
  } catch {
    return null;
  }
}
