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

export type { Upload } from './multipart.ts';

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

/**
 * Writes to replies. Every method throws `ReplyError` only, and never tries twice. A signal ends
 * the request, which may have had its effect all the same.
 *
 * A write counts as taken only when the answer is the message, and a deletion only when there is
 * no answer but its status: a proxy or a sign-in page may say 200 to everything. Such an answer is
 * `busy`, with a status below 300.
 */
export interface ReplyRest {
  /** By the interaction's token, for as long as it lives. */
  editOriginal(
    target: ReplyTarget,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent>;
  followUp(target: ReplyTarget, body: FollowUpBody, uploads?: readonly Upload[]): Promise<Sent>;
  deleteOriginal(target: ReplyTarget): Promise<void>;
  /** By the bot's own token, which outlives the interaction's. */
  editInChannel(
    place: MessagePlace,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent>;
  /** One that is gone already is no error. */
  deleteInChannel(place: MessagePlace): Promise<void>;
  /** The message as it is now, its files' addresses freshly signed. */
  readInChannel(place: MessagePlace): Promise<Sent>;
  /** Posts a new message; with the same nonce within some minutes, Discord gives the first back. */
  postInChannel(
    place: ChannelPlace,
    body: EditBody,
    uploads?: readonly Upload[],
    signal?: AbortSignal,
  ): Promise<Sent>;
}

export interface MessagePlace {
  channelId: string;
  messageId: string;
}
export interface ChannelPlace {
  channelId: string;
  /** At most 25 characters. */
  nonce: string;
}

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

/**
 * The one way out for everything after the acknowledgement. RESTs of its own, which never retry
 * and never wait by themselves, so that the newest state is what is sent next. The one for
 * interaction tokens holds no bot token: a dead interaction token answers 401, for which the
 * library would drop it.
 */
export function createReplyRest(options: {
  apiUrl: string;
  botToken: string;
  timeoutMs?: number;
  uploadBytesPerSecond?: number;
  uploadsAtOnce?: number;
  /** Gets the `Date` header of each answer. */
  onDate?: (date: string | null) => void;
  /** Gets the end of each request. */
  report?: Report;
}): ReplyRest {
  const { timeoutMs, uploadBytesPerSecond, uploadsAtOnce } = { ...DEFAULTS, ...options };
  const { report = ignoreEvents } = options;
  const largeUploads = new Semaphore(uploadsAtOnce);
  /** Of all requests under way: they share one line. */
  let uploadingBytes = 0;
  const settings = {
    version: '10',
    api: options.apiUrl,
    retries: 0,
    timeout: LIBRARY_TIMEOUT_MS,
    rejectOnRateLimit: () => true,
    makeRequest: createTransport(options.onDate),
  };
  // Discord exempts interaction webhooks from its global limit; the library would count them.
  const webhooks = new REST({ ...settings, globalRequestsPerSecond: 10_000 });
  // The token as a plain header: at a 401 of whatever stands in between, the library would drop it.
  const channels = new REST({
    ...settings,
    headers: { Authorization: `Bot ${options.botToken}` },
  });

  async function send(
    by: REST,
    request: InternalRequest,
    route: string,
    options: { bytes?: number; signal?: AbortSignal; answers?: 'message' | 'nothing' } = {},
  ): Promise<Sent> {
    const { bytes = 0, answers = 'message' } = options;
    uploadingBytes += bytes;
    // Twice, as others may join and take their part of the line.
    const uploadMs = bytes === 0 ? 0 : (2_000 * uploadingBytes) / uploadBytesPerSecond;
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs + uploadMs));
    const signal = options.signal ? AbortSignal.any([timeout, options.signal]) : timeout;
    try {
      const response = await by.queueRequest({ ...request, auth: false, signal });
      // Discord redirects nobody; the library takes it for an answer.
      if (!response.ok) throw new HTTPError(response.status, '', request.method, '', {});
      const resetAfter = readNumber(response.headers.get('x-ratelimit-reset-after'));
      const text = await response.text();
      const message = readMessage(text);
      if (answers === 'message' ? message === null : text !== '') {
        const { status } = response;
        const about = { message: `HTTP ${status}, not Discord's answer`, status };
        throw new ReplyError('busy', { ...about, method: request.method, route });
      }
      return {
        message,
        remaining: readNumber(response.headers.get('x-ratelimit-remaining')),
        resetAfterMs: resetAfter === null ? null : resetAfter * 1_000,
      };
    } catch (error) {
      throw toReplyError(error, request.method, route);
    } finally {
      uploadingBytes -= bytes;
    }
  }

  async function write(
    by: REST,
    request: InternalRequest,
    route: string,
    { body, uploads, signal }: Payload,
  ): Promise<Sent> {
    const { bytes, ...encoded } = await encode(withinLimits(body), uploads);
    const sendIt = () => send(by, { ...request, ...encoded }, route, { bytes, signal });
    if (bytes < LARGE_BYTES) return await sendIt();
    try {
      return await largeUploads.run(sendIt, signal && { signal });
    } catch (error) {
      throw toReplyError(error, request.method, route);
    }
  }

  /** Reports how a request ends. `route` is its label in the metrics. */
  async function reported<Answer>(route: string, request: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await request();
      report({ type: 'discord_request_ended', route, outcome: 'ok' });
      return answer;
    } catch (error) {
      const outcome = error instanceof ReplyError ? error.kind : 'internal';
      report({ type: 'discord_request_ended', route, outcome });
      throw error;
    }
  }

  return {
    async editOriginal({ applicationId, interactionToken }, body, uploads, signal) {
      const fullRoute = Routes.webhookMessage(applicationId, interactionToken);
      const request = { method: RequestMethod.Patch, fullRoute };
      const route = '/webhooks/:application/:token/messages/@original';
      return await reported('PATCH @original', () =>
        write(webhooks, request, route, { body, uploads, signal }),
      );
    },
    async followUp({ applicationId, interactionToken }, body, uploads) {
      const fullRoute = Routes.webhook(applicationId, interactionToken);
      const query = new URLSearchParams({ wait: 'true' });
      const request = { method: RequestMethod.Post, fullRoute, query };
      return await reported('POST webhook', () =>
        write(webhooks, request, '/webhooks/:application/:token', { body, uploads }),
      );
    },
    async deleteOriginal({ applicationId, interactionToken }) {
      const fullRoute = Routes.webhookMessage(applicationId, interactionToken);
      const request = { method: RequestMethod.Delete, fullRoute };
      const route = '/webhooks/:application/:token/messages/@original';
      await reported('DELETE @original', () =>
        send(webhooks, request, route, { answers: 'nothing' }),
      );
    },
    async editInChannel({ channelId, messageId }, body, uploads, signal) {
      const fullRoute = Routes.channelMessage(channelId, messageId);
      const request = { method: RequestMethod.Patch, fullRoute };
      const route = '/channels/:channel/messages/:message';
      return await reported('PATCH message', () =>
        write(channels, request, route, { body, uploads, signal }),
      );
    },
    async deleteInChannel({ channelId, messageId }) {
      const fullRoute = Routes.channelMessage(channelId, messageId);
      const request = { method: RequestMethod.Delete, fullRoute };
      const route = '/channels/:channel/messages/:message';
      await reported('DELETE message', async () => {
        try {
          await send(channels, request, route, { answers: 'nothing' });
        } catch (error) {
          if (!(error instanceof ReplyError && error.kind === 'gone')) throw error;
        }
      });
    },
    async readInChannel({ channelId, messageId }) {
      const fullRoute = Routes.channelMessage(channelId, messageId);
      const request = { method: RequestMethod.Get, fullRoute };
      const route = '/channels/:channel/messages/:message';
      return await reported('GET message', () => send(channels, request, route));
    },
    async postInChannel({ channelId, nonce }, body, uploads, signal) {
      const fullRoute = Routes.channelMessages(channelId);
      const request = { method: RequestMethod.Post, fullRoute };
      const payload = { body: { ...body, nonce, enforce_nonce: true }, uploads, signal };
      const sent = await reported('POST message', () =>
        write(channels, request, '/channels/:channel/messages', payload),
      );
      return { ...sent, isNew: true };
    },
  };
}

interface Payload {
  body: EditBody | FollowUpBody;
  uploads: readonly Upload[] | undefined;
  signal?: AbortSignal;
}

/** JSON, or with files a body that is read from disk while it is sent. */
async function encode(body: EditBody | FollowUpBody, uploads: readonly Upload[] = []) {
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
  const value = header === null ? Number.NaN : Number.parseFloat(header);
  return Number.isFinite(value) ? value : null;
}
