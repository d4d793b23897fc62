import { HTTPError, type InternalRequest, REST, RequestMethod } from '@discordjs/rest';
import {
  type APIMessage,
  type RESTPatchAPIWebhookWithTokenMessageJSONBody,
  type RESTPostAPIWebhookWithTokenJSONBody,
  Routes,
} from 'discord-api-types/v10';
import { Semaphore } from '../async/semaphore.ts';
import type { ReplyTarget } from '../domain.ts';
import { ignoreEvents, type Report } from '../events.ts';
import { ReplyError, toReplyError } from './errors.ts';
import { withinLimits } from './message-limits.ts';
import { encodeMultipart, type Upload } from './multipart.ts';
import { createTransport } from './transport.ts';

/** What Discord answered to a write. */
export interface Sent {
  /** The message as it is now: at least its id. null after a deletion. */
  message: Partial<APIMessage> | null;
  /** It was posted as a message of its own. */
  isNew?: true;
  /** Requests left in this reply's bucket; null when Discord did not say. */
  remaining: number | null;
  /** Milliseconds until the bucket is full again; null when Discord did not say. */
  resetAfterMs: number | null;
}

export type EditBody = RESTPatchAPIWebhookWithTokenMessageJSONBody;
export type FollowUpBody = RESTPostAPIWebhookWithTokenJSONBody;

export type MessagePlace = Record<'channelId' | 'messageId', string>;

const DEFAULTS = {
  /** For a request without its files. */
  timeoutMs: 15_000,
  /** The slowest line that uploads are waited for: 5 Mbit/s, in bytes per second. */
  uploadBytesPerSecond: 625_000,
  /** Files that are sent at once; more share the line no faster, and each holds its buffers. */
  uploadsAtOnce: 16,
} as const;

/** Smaller uploads, such as drafts, wait for nobody. */
const LARGE_BYTES = 1_000_000;

/** Above every timeout of our own, which is another for each request. */
const LIBRARY_TIMEOUT_MS = 60 * 60_000;

export interface ReplyRestOptions {
  apiUrl: string;
  botToken: string;
  timeoutMs?: number;
  uploadBytesPerSecond?: number;
  uploadsAtOnce?: number;
  /** Gets the `Date` header of each answer. */
  onDate?: (date: string | null) => void;
  /** Gets the end of each request. */
  report?: Report;
}

/** What a request is about, and how logs and metrics name that: without ids or token. */
interface Resource {
  by: REST;
  fullRoute: InternalRequest['fullRoute'];
  query?: URLSearchParams;
  route: string;
  label: string;
}

interface Payload {
  body?: EditBody | FollowUpBody;
  uploads?: readonly Upload[] | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The one way out for everything after the acknowledgement. Every method throws `ReplyError` only,
 * and never tries twice. A signal ends the request, which may have had its effect all the same.
 *
 * A write counts as taken only when the answer is the message, and a deletion only when there is
 * no answer but its status: a proxy or a sign-in page may say 200 to everything. Such an answer is
 * `busy`, with a status below 300.
 *
 * RESTs of its own, which never retry and never wait by themselves, so that the newest state is
 * what is sent next. The one for interaction tokens holds no bot token: a dead interaction token
 * answers 401, for which the library would drop it.
 */
export class ReplyRest {
  readonly #options: Required<Pick<ReplyRestOptions, keyof typeof DEFAULTS>>;
  readonly #report: Report;
  readonly #webhooks: REST;
  readonly #channels: REST;
  readonly #largeUploads: Semaphore;
  /** Of all requests under way: they share one line. */
  #uploadingBytes = 0;

  constructor(options: ReplyRestOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.#report = options.report ?? ignoreEvents;
    this.#largeUploads = new Semaphore(this.#options.uploadsAtOnce);
    const settings = {
      version: '10',
      api: options.apiUrl,
      retries: 0,
      timeout: LIBRARY_TIMEOUT_MS,
      rejectOnRateLimit: () => true,
      makeRequest: createTransport(options.onDate),
    };
    // Discord exempts interaction webhooks from its global limit; the library would count them.
    this.#webhooks = new REST({ ...settings, globalRequestsPerSecond: 10_000 });
    // The token as a plain header: at a 401 of whatever stands in between, the library would drop it.
    const headers = { Authorization: `Bot ${options.botToken}` };
    this.#channels = new REST({ ...settings, headers });
  }

  /** By the interaction's token, for as long as it lives. */
  editOriginal(
    target: ReplyTarget,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent> {
    return this.#write(RequestMethod.Patch, this.#original(target), { body, uploads, signal });
  }

  /** By the interaction's token. */
  followUp(
    { applicationId, interactionToken }: ReplyTarget,
    body: FollowUpBody,
    uploads?: readonly Upload[],
  ): Promise<Sent> {
    const about = {
      by: this.#webhooks,
      fullRoute: Routes.webhook(applicationId, interactionToken),
      query: new URLSearchParams({ wait: 'true' }),
      route: '/webhooks/:application/:token',
      label: 'webhook',
    };
    return this.#write(RequestMethod.Post, about, { body, uploads });
  }

  /** By the interaction's token. */
  async deleteOriginal(target: ReplyTarget): Promise<void> {
    await this.#write(RequestMethod.Delete, this.#original(target));
  }

  /** By the bot's own token, which outlives the interaction's. */
  editInChannel(
    place: MessagePlace,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent> {
    return this.#write(RequestMethod.Patch, this.#message(place), { body, uploads, signal });
  }

  /** By the bot's own token. One that is gone already is no error. */
  async deleteInChannel(place: MessagePlace): Promise<void> {
    const to = this.#message(place);
    await this.#reported(RequestMethod.Delete, to, async () => {
      try {
        await this.#sendInTurn(RequestMethod.Delete, to, {});
      } catch (error) {
        if (!(error instanceof ReplyError && error.kind === 'gone')) throw error;
      }
    });
  }

  /** The message as it is now, its files' addresses freshly signed. */
  readInChannel(place: MessagePlace): Promise<Sent> {
    return this.#write(RequestMethod.Get, this.#message(place));
  }

  /**
   * Posts a new message; with the same nonce within some minutes, Discord gives the first back. A
   * nonce has at most 25 characters.
   */
  async postInChannel(
    { channelId, nonce }: { channelId: string; nonce: string },
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent> {
    const about = {
      by: this.#channels,
      fullRoute: Routes.channelMessages(channelId),
      route: '/channels/:channel/messages',
      label: 'message',
    };
    const payload = { body: { ...body, nonce, enforce_nonce: true }, uploads, signal };
    return { ...(await this.#write(RequestMethod.Post, about, payload)), isNew: true };
  }

  #original({ applicationId, interactionToken }: ReplyTarget): Resource {
    const fullRoute = Routes.webhookMessage(applicationId, interactionToken);
    const route = '/webhooks/:application/:token/messages/@original';
    return { by: this.#webhooks, fullRoute, route, label: '@original' };
  }

  #message({ channelId, messageId }: MessagePlace): Resource {
    const fullRoute = Routes.channelMessage(channelId, messageId);
    const route = '/channels/:channel/messages/:message';
    return { by: this.#channels, fullRoute, route, label: 'message' };
  }

  #write(method: RequestMethod, to: Resource, payload: Payload = {}): Promise<Sent> {
    return this.#reported(method, to, () => this.#sendInTurn(method, to, payload));
  }

  /** Reports how a request ends. */
  async #reported<Answer>(
    method: RequestMethod,
    { label }: Resource,
    request: () => Promise<Answer>,
  ): Promise<Answer> {
    const ended = { type: 'discord_request_ended', route: `${method} ${label}` } as const;
    try {
      const answer = await request();
      this.#report({ ...ended, outcome: 'ok' });
      return answer;
    } catch (error) {
      this.#report({ ...ended, outcome: error instanceof ReplyError ? error.kind : 'internal' });
      throw error;
    }
  }

  async #sendInTurn(method: RequestMethod, to: Resource, payload: Payload): Promise<Sent> {
    const { body, uploads, signal } = payload;
    const { bytes, ...encoded } = await encode(body, uploads);
    const send = () => this.#send({ method, ...to }, encoded, bytes, signal);
    try {
      if (bytes < LARGE_BYTES) return await send();
      return await this.#largeUploads.run(send, signal && { signal });
    } catch (error) {
      throw toReplyError(error, method, to.route);
    }
  }

  async #send(
    { by, method, fullRoute, route, query }: Resource & { method: RequestMethod },
    encoded: Partial<InternalRequest>,
    bytes: number,
    stop: AbortSignal | undefined,
  ): Promise<Sent> {
    const { timeoutMs, uploadBytesPerSecond } = this.#options;
    this.#uploadingBytes += bytes;
    // Twice, as others may join and take their part of the line.
    const uploadMs = bytes === 0 ? 0 : (2_000 * this.#uploadingBytes) / uploadBytesPerSecond;
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs + uploadMs));
    const signal = stop ? AbortSignal.any([timeout, stop]) : timeout;
    try {
      const request = { method, fullRoute, ...(query && { query }), ...encoded };
      const response = await by.queueRequest({ ...request, auth: false, signal });
      const { ok, status, headers } = response;
      // Discord redirects nobody; the library takes it for an answer.
      if (!ok) throw new HTTPError(status, '', method, '', {});
      const text = await response.text();
      const message = readMessage(text);
      if (method === RequestMethod.Delete ? text !== '' : message === null) {
        const about = { message: `HTTP ${status}, not Discord's answer`, status };
        throw new ReplyError('busy', { ...about, method, route });
      }
      const remaining = readNumber(headers.get('x-ratelimit-remaining'));
      const resetAfter = readNumber(headers.get('x-ratelimit-reset-after'));
      return { message, remaining, resetAfterMs: resetAfter && resetAfter * 1_000 };
    } finally {
      this.#uploadingBytes -= bytes;
    }
  }
}

/** JSON, or with files a body that is read from disk while it is sent. */
async function encode(message: Payload['body'], uploads: Payload['uploads'] = []) {
  if (message === undefined) return { bytes: 0 };
  const body = withinLimits(message);
  if (uploads.length === 0) return { body, bytes: 0 };
  return { ...(await encodeMultipart(body, uploads)), passThroughBody: true };
}

/** A message of Discord's has an id, whatever else it has; anything else is no message. */
function readMessage(text: string): Partial<APIMessage> | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('id' in value)) return null;
    return typeof value.id === 'string' ? (value as Partial<APIMessage>) : null;
  } catch {
    return null;
  }
}

function readNumber(header: string | null): number | null {
  const value = Number.parseFloat(header ?? '');
  return Number.isFinite(value) ? value : null;
}
