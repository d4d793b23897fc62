/** The gateway: WebSocket connections, identify, heartbeats, resume, and events. */
import type { Server } from 'node:http';
import type { Transform } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { DiscordControls, LoginAnswer } from '../controls.ts';
import type { State } from '../model.ts';
import { renderWholeGuild } from '../render/places.ts';
import { Close, Intent, Op } from './codes.ts';
import { compressFor } from './compression.ts';
import { acceptConnection } from './connection.ts';
import { checkIdentify } from './identify.ts';
import { readyPayload } from './ready.ts';
import { createSession, hears, missedSince, remember, type Session } from './session.ts';
import { createStarts } from './starts.ts';

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
  const gateway = new GatewayServer(state, botToken);
  server.on('upgrade', (request, socket, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://local');
    if (!['/', '/gateway', '/gateway/'].includes(pathname)) {
      socket.destroy();
      return;
    }
    gateway.sockets.handleUpgrade(request, socket, head, (client) => {
      gateway.accept(client, compressFor(client, searchParams.get('compress')));
    });
  });
  return gateway;
}

class GatewayServer implements Gateway {
  readonly sockets = new WebSocketServer({ noServer: true, maxPayload: 1_048_576 });
  readonly #state: State;
  readonly #botToken: string;
  /** By id; one without a socket waits to be resumed. */
  readonly #sessions = new Map<string, Session>();
  /** Which session a connection speaks for, once it has identified or resumed. */
  readonly #bound = new Map<WebSocket, Session>();
  /** The compressing stream of connections that asked for one. */
  readonly #compressed = new Map<WebSocket, Transform>();
  readonly #starts: ReturnType<typeof createStarts>;
  /** Answers in place of READY or RESUMED, until they are set to null again. */
  readonly #loginAnswers: { identify: LoginAnswer | null; resume: LoginAnswer | null } = {
    identify: null,
    resume: null,
  };

  constructor(state: State, botToken: string) {
    this.#state = state;
    this.#botToken = botToken;
    this.#starts = createStarts(state.now);
  }

  url = () => `${this.#state.origin.replace('http', 'ws')}/gateway/`;
  startLimit = () => this.#starts.tell();
  limitStarts: Gateway['limitStarts'] = (limit) => this.#starts.change(limit);
  answerLogins: Gateway['answerLogins'] = (answers) =>
    void Object.assign(this.#loginAnswers, answers);

  dispatch(t: string, d: unknown, guildId: string | null, intent?: number): void {
    for (const session of this.#sessions.values()) {
      if (!hears(session, guildId)) continue;
      if (intent !== undefined && (session.intents & intent) === 0) continue;
      this.#emit(session, t, d);
    }
  }

  connections = () => [...this.#sessions.values()].filter(({ socket }) => socket !== null).length;

  drop: Gateway['drop'] = ({ code, forget = false } = {}) => {
    for (const client of this.sockets.clients) {
      if (code === undefined) client.terminate();
      else client.close(code);
    }
    if (forget) this.#sessions.clear();
  };

  askToReconnect = () => {
    for (const client of this.sockets.clients) this.#send(client, { op: Op.reconnect });
  };

  invalidate(resumable: boolean): void {
    for (const { socket } of this.#sessions.values()) {
      if (!socket) continue;
      // The same connection may identify or resume anew.
      this.#bound.delete(socket);
      this.#send(socket, { op: Op.invalidSession, d: resumable });
    }
    if (!resumable) this.#sessions.clear();
  }

  close(): void {
    for (const client of this.sockets.clients) client.terminate();
    this.sockets.close();
  }

  /** Takes a new connection, with the stream that compresses what is sent over it, if any. */
  accept(socket: WebSocket, compressing: Transform | null): void {
    if (compressing) this.#compressed.set(socket, compressing);
    this.#note('connect', {});
    acceptConnection(socket, this.#state.settings, {
      send: (payload) => this.#send(socket, payload),
      received: (payload) => this.#note('in', payload),
      isBound: () => this.#bound.has(socket),
      identify: (data) => this.#identify(socket, data),
      resume: (data) => this.#resume(socket, data),
      closed: (code) => this.#closed(socket, code),
    });
  }

  #closed(socket: WebSocket, code: number): void {
    const session = this.#bound.get(socket);
    this.#bound.delete(socket);
    this.#compressed.delete(socket);
    if (session?.socket === socket) {
      session.socket = null;
      // A client that says goodbye with these codes gives its session up.
      if (code === 1000 || code === 1001) this.#sessions.delete(session.id);
    }
    // Told last, so that whoever hears of it finds the connection gone.
    this.#note('disconnect', { d: { code } });
  }

  #identify(socket: WebSocket, data: unknown): void {
    const hasPrivilegedIntents = this.#state.world.application.privilegedIntents;
    const client = checkIdentify(data, { botToken: this.#botToken, hasPrivilegedIntents });
    if ('close' in client) {
      socket.close(client.close, client.reason);
      return;
    }
    this.#starts.take();
    const answer = this.#loginAnswers.identify ?? { resumeUrl: this.url() };
    if (answer === 'silence' || !('resumeUrl' in answer)) {
      this.#refuse(socket, answer);
      return;
    }
    // A process that was killed never comes back for its session.
    for (const [id, old] of this.#sessions) {
      if (old.socket === null && old.shard[0] === client.shard[0]) this.#sessions.delete(id);
    }
    const session = createSession(client.intents, client.shard, socket);
    this.#sessions.set(session.id, session);
    this.#bound.set(socket, session);
    this.#ready(session, answer.resumeUrl);
  }

  #refuse(socket: WebSocket, answer: LoginAnswer): void {
    if (answer === 'silence') return;
    if ('close' in answer) socket.close(answer.close);
    if ('invalid' in answer) {
      this.#send(socket, { op: Op.invalidSession, d: answer.invalid.resumable });
    }
  }

  #ready(session: Session, resumeUrl: string): void {
    const { world } = this.#state;
    const guilds = world.guilds.filter((guild) => guild.installedApp && hears(session, guild.id));
    this.#emit(session, 'READY', readyPayload(this.#state, session, guilds, resumeUrl));
    if ((session.intents & Intent.guilds) === 0) return;
    for (const guild of guilds) this.#emit(session, 'GUILD_CREATE', renderWholeGuild(world, guild));
  }

  #resume(socket: WebSocket, data: unknown): void {
    const {
      token,
      session_id: id,
      seq,
    } = (data ?? {}) as { token?: string; session_id?: string; seq?: number };
    if (token !== this.#botToken) {
      socket.close(Close.authenticationFailed, 'Authentication failed.');
      return;
    }
    if (this.#loginAnswers.resume !== null) {
      this.#refuse(socket, this.#loginAnswers.resume);
      return;
    }
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (!session || typeof seq !== 'number') {
      this.#send(socket, { op: Op.invalidSession, d: false });
      return;
    }
    const missed = missedSince(session, seq);
    if (missed === null) {
      this.#sessions.delete(session.id);
      socket.close(Close.invalidSequence, 'Invalid seq.');
      return;
    }
    // The newer connection wins; the older one may be dead without knowing it.
    session.socket?.terminate();
    session.socket = socket;
    this.#bound.set(socket, session);
    for (const event of missed) this.#send(socket, { op: Op.dispatch, ...event });
    this.#emit(session, 'RESUMED', { _trace: [] });
  }

  #emit(session: Session, t: string, d: unknown): void {
    const event = remember(session, t, d);
    if (session.socket) this.#send(session.socket, { op: Op.dispatch, ...event });
  }

  #send(socket: WebSocket, payload: { op: number; d?: unknown; s?: number; t?: string }): void {
    const whole = { t: null, s: null, d: null, ...payload };
    if (socket.readyState !== socket.OPEN) return;
    const stream = this.#compressed.get(socket);
    if (stream) stream.write(JSON.stringify(whole));
    else socket.send(JSON.stringify(whole));
    this.#note('out', whole);
  }

  #note(
    direction: 'in' | 'out' | 'connect' | 'disconnect',
    { op = null, t = null, d = null }: { op?: number | null; t?: string | null; d?: unknown },
  ): void {
    this.#state.events.emit('gateway', { direction, op, t, d: withoutTokens(d) });
  }
}

/** The payload as the record shows it: no bot token, no interaction token. */
function withoutTokens(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('token' in payload)) return payload;
  return { ...payload, token: ':token' };
}
