import { openAsBlob } from 'node:fs';
import { type InternalRequest, REST, RequestMethod } from '@discordjs/rest';
import {
  type APIMessage,
  type RESTPatchAPIWebhookWithTokenMessageJSONBody,
  type RESTPostAPIWebhookWithTokenJSONBody,
  Routes,
} from 'discord-api-types/v10';
import type { ReplyTarget } from '../domain.ts';
import { toReplyError } from './reply-error.ts';

/** A file to upload, streamed from disk. */
export interface Upload {
  path: string;
  /** Only `[a-z0-9-]` and a known extension, or the embed's `attachment://` link breaks. */
  name: string;
  mime: string;
}

/** What Discord answered to a write. */
export interface Sent {
  messageId: string | null;
  /** Requests left in this reply's bucket; null when Discord did not say. */
  remaining: number | null;
  /** Milliseconds until the bucket is full again; null when Discord did not say. */
  resetAfterMs: number | null;
}

export type EditBody = RESTPatchAPIWebhookWithTokenMessageJSONBody;
export type FollowUpBody = RESTPostAPIWebhookWithTokenJSONBody;

/** Writes with an interaction token. Every method throws `ReplyError` only. */
export interface ReplyRest {
  editOriginal(target: ReplyTarget, body: EditBody, upload?: Upload): Promise<Sent>;
  followUp(target: ReplyTarget, body: FollowUpBody): Promise<Sent>;
  deleteOriginal(target: ReplyTarget): Promise<void>;
}

const DEFAULTS = {
  /** Covers the whole upload: 30 MB on a line of 5 Mbit/s take 48 s. */
  timeoutMs: 90_000,
} as const;

/**
 * The one way out for everything after the acknowledgement. A REST of its own: it holds no bot
 * token (a dead interaction token answers 401, for which discord.js would drop the bot's token),
 * never retries and never waits by itself, so that the newest state is what is sent next.
 */
export function createReplyRest(options: { apiUrl: string; timeoutMs?: number }): ReplyRest {
  const rest = new REST({
    version: '10',
    api: options.apiUrl,
    retries: 0,
    timeout: options.timeoutMs ?? DEFAULTS.timeoutMs,
    // Discord exempts interaction webhooks from its global limit; the library would count them.
    globalRequestsPerSecond: 10_000,
    rejectOnRateLimit: () => true,
  });

  async function send(request: InternalRequest, route: string): Promise<Response> {
    try {
      return (await rest.queueRequest({ ...request, auth: false })) as Response;
    } catch (error) {
      throw toReplyError(error, request.method, route);
    }
  }

  return {
    async editOriginal(target, body, upload) {
      const response = await send(
        {
          method: RequestMethod.Patch,
          fullRoute: Routes.webhookMessage(target.applicationId, target.interactionToken),
          ...(upload ? await multipart(body, upload) : { body }),
        },
        '/webhooks/:application/:token/messages/@original',
      );
      return readSent(response);
    },

    async followUp(target, body) {
      const response = await send(
        {
          method: RequestMethod.Post,
          fullRoute: Routes.webhook(target.applicationId, target.interactionToken),
          query: new URLSearchParams({ wait: 'true' }),
          body,
        },
        '/webhooks/:application/:token',
      );
      return readSent(response);
    },

    async deleteOriginal(target) {
      const response = await send(
        {
          method: RequestMethod.Delete,
          fullRoute: Routes.webhookMessage(target.applicationId, target.interactionToken),
        },
        '/webhooks/:application/:token/messages/@original',
      );
      await response.arrayBuffer();
    },
  };
}

/**
 * A multipart body whose file is read from disk while it is sent. (Handing the library a Buffer
 * would copy it into a Blob: twice the picture in memory.)
 */
async function multipart(body: EditBody, upload: Upload) {
  const form = new FormData();
  form.append('payload_json', JSON.stringify(body));
  form.append('files[0]', await openAsBlob(upload.path, { type: upload.mime }), upload.name);
  return { body: form, passThroughBody: true };
}

async function readSent(response: Response): Promise<Sent> {
  const message = (await response.json().catch(() => null)) as Partial<APIMessage> | null;
  const resetAfter = readNumber(response.headers.get('x-ratelimit-reset-after'));
  return {
    messageId: message?.id ?? null,
    remaining: readNumber(response.headers.get('x-ratelimit-remaining')),
    resetAfterMs: resetAfter === null ? null : resetAfter * 1_000,
  };
}

function readNumber(header: string | null): number | null {
  const value = header === null ? Number.NaN : Number.parseFloat(header);
  return Number.isFinite(value) ? value : null;
}
