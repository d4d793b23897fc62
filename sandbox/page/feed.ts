/** What happens, sent to every open page as server-sent events, each from its person's view. */
import type { ServerResponse } from 'node:http';
import type { GatewayEvent, RestRecord } from '../discord/local-discord.ts';
import type { Sandbox } from '../sandbox.ts';
import type { PanelView } from './panel-controls.ts';
import { sees, viewMessage, viewWorld } from './view.ts';

/** One line of the page's log. */
export type LogEntry =
  | ({ source: 'rest' } & RestRecord)
  | ({ source: 'gateway' /** Epoch milliseconds. */; at: number } & GatewayEvent);

/** Lines of the log that a new page begins with. */
const KEPT_LOG = 300;

/** Bytes that may wait for a slow page; beyond it the page must connect anew and start over. */
const MAX_WAITING_BYTES = 8_000_000;

/** Proxies and browsers give up on a line that says nothing. */
const KEEP_ALIVE_MS = 20_000;

export interface Feed {
  /** Takes over a response and sends to it until it closes. */
  open(response: ServerResponse, userId: string): void;
  /** Tells all pages that a control was changed. */
  controlsChanged(): void;
  close(): void;
}

interface Listener {
  response: ServerResponse;
  userId: string;
}

export function createFeed(sandbox: Sandbox, controls: () => PanelView): Feed {
  const { discord, gemini, description } = sandbox;
  const listeners = new Set<Listener>();
  const log: LogEntry[] = discord.requests
    .slice(-KEPT_LOG)
    .map((record) => ({ source: 'rest', ...record }));

  const send = ({ response }: Listener, name: string, data: unknown): void => {
    response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > MAX_WAITING_BYTES) response.destroy();
  };
  const toAll = (name: string, data: unknown): void => {
    for (const listener of listeners) send(listener, name, data);
  };
  const keep = (entry: LogEntry): void => {
    log.push(entry);
    if (log.length > KEPT_LOG) log.shift();
    toAll('log', entry);
  };
  const controlsChanged = (): void => toAll('controls', controls());
  const onModelRequest = (): void => {
    // The request took its directive with it, right after it was told.
    queueMicrotask(controlsChanged);
  };

  const stops = [
    discord.events.on('message', (event) => {
      for (const listener of listeners) {
        if (!sees(discord, listener.userId, event)) continue;
        const message = viewMessage(discord, event.message, event.visibleTo);
        send(listener, 'message', { change: event.change, message });
      }
    }),
    discord.events.on('interaction', (event) => {
      const handle = discord.interaction(event.id);
      for (const listener of listeners) {
        if (listener.userId !== event.userId) continue;
        send(listener, 'interaction', {
          ...event,
          modal: handle?.modal() ?? null,
          choices: handle?.choices() ?? null,
        });
      }
    }),
    discord.events.on('rest', (record) => {
      keep({ source: 'rest', ...record });
      if (
        discord.controls.pendingFaults().length > 0 ||
        record.status >= 400 ||
        record.status === 0
      ) {
        controlsChanged();
      }
    }),
    discord.events.on('gateway', (event) => {
      keep({ source: 'gateway', at: Date.now(), ...event });
      const { direction, t } = event;
      if (direction === 'connect' || direction === 'disconnect' || t === 'READY') controlsChanged();
    }),
    discord.events.on('commands', () => toAll('commands', {})),
  ];
  gemini.events.on('started', onModelRequest);
  const keepAlive = setInterval(() => {
    for (const { response } of listeners) response.write(':\n\n');
  }, KEEP_ALIVE_MS);
  keepAlive.unref();

  return {
    open(response, userId) {
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      });
      const listener = { response, userId };
      send(listener, 'world', viewWorld(discord, userId, description.examples ?? []));
      send(listener, 'controls', controls());
      send(listener, 'log-so-far', log);
      listeners.add(listener);
      response.once('close', () => listeners.delete(listener));
    },
    controlsChanged,
    close() {
      for (const stop of stops) stop();
      gemini.events.off('started', onModelRequest);
      clearInterval(keepAlive);
      for (const { response } of listeners) response.destroy();
      listeners.clear();
    },
  };
}
