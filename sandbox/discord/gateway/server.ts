/** The gateway: WebSocket connections, identify, heartbeats, resume, and events. */
import type { Server } from 'node:http';
import type { Transform } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DiscordControls, LoginAnswer } from '../controls.ts';
import type { State } from '../model.ts';
import { renderWholeGuild } from '../render/places.ts';
import { Close, Intent, KNOWN_INTENTS, Op, PRIVILEGED_INTENTS } from './codes.ts';
import { compressFor } from './compression.ts';
import { readyPayload } from './ready.ts';
import { createSession, hears, missedSince, remember, type Session } from './session.ts';
import { createStarts } from './starts.ts';

/** Payloads that a client may send in a minute. */
const MAX_PAYLOADS = 120;

/** The sending side of the gateway, and its controls. */
export interface Gateway {
  url(): string;
  startLimit(): { total: number; remaining: number; reset_after: number; max_concurrency: number };
  /** Sends an event to every session that hears of this guild (null: no guild). */
  dispatch(t: string, d: unknown, guildId: string | null, intent?: number): void;
  /** Number of identified connections. */
  connections(): number;
  drop(options?: { code?: number; forget?: boolean }): void;
  answerLogins: DiscordControls['answerLogins'];
  limitStarts: DiscordControls['limitStarts'];
  askToReconnect(): void;
  invalidate(resumable: boolean): void;
  close(): void;
}

/** Who hears of messages, in guilds and in DMs with the bot. */
export const MESSAGE_INTENTS = { guild: Intent.guildMessages, direct: Intent.directMessages };

/** Takes the WebSocket upgrades of the HTTP server. */
export function createGateway(server: Server, state: State, botToken: string): Gateway {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1_048_576 });
  const sessions = new Map<string, Session>();
  /** Which session a connection speaks for, once it has identified or resumed. */
  const bound = new Map<WebSocket, Session>();
  const loginAnswers: { identify: LoginAnswer | null; resume: LoginAnswer | null } = {
    identify: null,
    resume: null,
  };
  const starts = createStarts(state.now);
  /** The compressing stream of connections that asked for one. */
  const compressed = new WeakMap<WebSocket, Transform>();

  server.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local');
    if (!['/', '/gateway', '/gateway/'].includes(pathname)) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      const stream = compressFor(client, searchParams.get('compress'));
      if (stream) compressed.set(client, stream);
      accept(client);
    });
  });

  const note = (
    direction: 'in' | 'out' | 'connect' | 'disconnect',
    payload: {
      op?: number;
      t?: string | null;
      d?: unknown;
    },
  ) =>
    state.events.emit('gateway', {
      direction,
      op: payload.op ?? null,
      t: payload.t ?? null,
      d: withoutTokens(payload.d ?? null),
    });

  const send = (
    socket: WebSocket,
    payload: { op: number; d?: unknown; s?: number; t?: string },
  ) => {
    const whole = { t: null, s: null, d: null, ...payload };
    if (socket.readyState !== socket.OPEN) return;
    const stream = compressed.get(socket);
    if (stream) stream.write(JSON.stringify(whole));
    else socket.send(JSON.stringify(whole));
    note('out', whole);
  };

  function accept(socket: WebSocket) {
    let lastHeartbeat = performance.now();
    const arrivals: number[] = [];
    note('connect', {});
    const { heartbeatIntervalMs } = state.settings;
    send(socket, { op: Op.hello, d: { heartbeat_interval: heartbeatIntervalMs } });
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
      const session = bound.get(socket);
      bound.delete(socket);
      if (session?.socket === socket) {
        session.socket = null;
        // A client that says goodbye with these codes gives its session up.
        if (code === 1000 || code === 1001) sessions.delete(session.id);
      }
      // Told last, so that whoever hears of it finds the connection gone.
      note('disconnect', { d: { code } });
    });
    socket.on('message', (data) => {
      const now = performance.now();
      arrivals.push(now);
      while (arrivals[0] !== undefined && now - arrivals[0] > 60_000) arrivals.shift();
      if (arrivals.length > MAX_PAYLOADS) {
        socket.close(Close.rateLimited, 'You are being rate limited.');
        return;
      }
      const payload = parse(String(data));
      if (!payload) {
        socket.close(Close.decodeError, 'Error while decoding payload.');
        return;
      }
      note('in', payload);
      switch (payload.op) {
        case Op.heartbeat:
          lastHeartbeat = now;
          if (state.settings.heartbeatAcks) send(socket, { op: Op.heartbeatAck });
          return;
        case Op.identify:
          if (bound.has(socket)) socket.close(Close.alreadyAuthenticated, 'Already authenticated.');
          else identify(socket, payload.d);
          return;
        case Op.resume:
          if (bound.has(socket)) socket.close(Close.alreadyAuthenticated, 'Already authenticated.');
          else resume(socket, payload.d);
          return;
        case Op.presence:
        case Op.voice:
        case Op.requestMembers:
          if (!bound.has(socket)) socket.close(Close.notAuthenticated, 'Not authenticated.');
          return;
        default:
          socket.close(Close.unknownOpcode, 'Unknown opcode.');
      }
    });
  }

  function identify(socket: WebSocket, data: unknown): void {
    const {
      token,
      intents,
      shard = [0, 1],
    } = (data ?? {}) as {
      token?: string;
      intents?: number;
      shard?: [number, number];
    };
    if (token !== botToken) {
      socket.close(Close.authenticationFailed, 'Authentication failed.');
      return;
    }
    if (typeof intents !== 'number' || intents < 0 || (intents & ~KNOWN_INTENTS) !== 0) {
      socket.close(Close.invalidIntents, 'Invalid intent(s).');
      return;
    }
    if ((intents & PRIVILEGED_INTENTS) !== 0 && !state.world.application.privilegedIntents) {
      socket.close(Close.disallowedIntents, 'Disallowed intent(s).');
      return;
    }
    const [shardId, shardCount] = shard;
    if (!(shardCount >= 1 && shardId >= 0 && shardId < shardCount)) {
      socket.close(Close.invalidShard, 'Invalid shard.');
      return;
    }
    starts.take();
    const answer = loginAnswers.identify ?? { resumeUrl: url() };
    if (answer === 'silence' || !('resumeUrl' in answer)) {
      refuse(socket, answer);
      return;
    }
    // A process that was killed never comes back for its session.
    for (const [id, old] of sessions) {
      if (old.socket === null && old.shard[0] === shardId) sessions.delete(id);
    }
    const session = createSession(intents, [shardId, shardCount], socket);
    sessions.set(session.id, session);
    bound.set(socket, session);
    ready(session, answer.resumeUrl);
  }

  function refuse(socket: WebSocket, answer: LoginAnswer): void {
    if (answer === 'silence') return;
    if ('close' in answer) socket.close(answer.close);
    if ('invalid' in answer) send(socket, { op: Op.invalidSession, d: answer.invalid.resumable });
  }

  function ready(session: Session, resumeUrl: string) {
    const { world } = state;
    const guilds = world.guilds.filter((guild) => guild.installedApp && hears(session, guild.id));
    emit(session, 'READY', readyPayload(state, session, guilds, resumeUrl));
    if ((session.intents & Intent.guilds) === 0) return;
    for (const guild of guilds) emit(session, 'GUILD_CREATE', renderWholeGuild(world, guild));
  }

  function resume(socket: WebSocket, data: unknown): void {
    const {
      token,
      session_id: id,
      seq,
    } = (data ?? {}) as {
      token?: string;
      session_id?: string;
      seq?: number;
    };
    if (token !== botToken) {
      socket.close(Close.authenticationFailed, 'Authentication failed.');
      return;
    }
    if (loginAnswers.resume !== null) {
      refuse(socket, loginAnswers.resume);
      return;
    }
    const session = id === undefined ? undefined : sessions.get(id);
    if (!session || typeof seq !== 'number') {
      send(socket, { op: Op.invalidSession, d: false });
      return;
    }
    const missed = missedSince(session, seq);
    if (missed === null) {
      sessions.delete(session.id);
      socket.close(Close.invalidSequence, 'Invalid seq.');
      return;
    }
    // The newer connection wins; the older one may be dead without knowing it.
    session.socket?.terminate();
    session.socket = socket;
    bound.set(socket, session);
    for (const event of missed) send(socket, { op: Op.dispatch, ...event });
    emit(session, 'RESUMED', { _trace: [] });
  }

  function emit(session: Session, t: string, d: unknown) {
    const event = remember(session, t, d);
    if (session.socket) send(session.socket, { op: Op.dispatch, ...event });
  }

  const url = () => `${state.origin.replace('http', 'ws')}/gateway/`;

  return {
    url,
    startLimit: starts.tell,
    limitStarts: starts.change,
    answerLogins: (answers) => void Object.assign(loginAnswers, answers),
    dispatch(t, d, guildId, intent) {
      for (const session of sessions.values()) {
        if (!hears(session, guildId)) continue;
        if (intent !== undefined && (session.intents & intent) === 0) continue;
        emit(session, t, d);
      }
    },
    connections: () => [...sessions.values()].filter((session) => session.socket !== null).length,
    drop({ code, forget = false } = {}) {
      for (const client of sockets.clients) {
        if (code === undefined) client.terminate();
        else client.close(code);
      }
      if (forget) sessions.clear();
    },
    askToReconnect() {
      for (const client of sockets.clients) send(client, { op: Op.reconnect });
    },
    invalidate(resumable) {
      for (const session of sessions.values()) {
        if (!session.socket) continue;
        // The same connection may identify or resume anew.
        bound.delete(session.socket);
        send(session.socket, { op: Op.invalidSession, d: resumable });
      }
      if (!resumable) sessions.clear();
    },
    close() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
    },
  };
}

function parse(text: string): { op: number; d?: unknown } | null {
  try {
    const payload: unknown = JSON.parse(text);
    if (typeof payload !== 'object' || payload === null) return null;
    const { op } = payload as { op?: unknown };
    return typeof op === 'number' ? (payload as { op: number; d?: unknown }) : null;
  } catch {
    return null;
  }
}

/** The payload as the record shows it: no bot token, no interaction token. */
function withoutTokens(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('token' in payload)) return payload;
  return { ...payload, token: ':token' };
}
