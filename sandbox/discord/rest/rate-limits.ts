/** Discord's rate limits: windows that open with their first call, told in every answer. */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { BucketSize, DiscordSettings } from '../controls.ts';

/** What a call counts against. */
export interface Bucket {
  /** The same for all calls that share the kind of limit; part of the real headers. */
  name: string;
  /** What of the call has a window of its own: a token, a channel. */
  key: string;
  size: BucketSize;
}

interface Window {
  used: number;
  /** By the monotonic clock: the client waits in real time, whatever the injected clock says. */
  endsAt: number;
}

/** All windows of one local Discord. */
export interface RateLimits {
  /** Counts the call. Null when it may pass, else what the 429 says. */
  take(bucket: Bucket): Limited | null;
  headers(bucket: Bucket): Record<string, string>;
  reset(): void;
}

/** What a 429 says. */
export interface Limited {
  retryAfterMs: number;
  scope: 'user' | 'shared' | 'global';
}

/** Full buckets. */
export function createRateLimits(): RateLimits {
  const windows = new Map<string, Window>();

  const current = ({ name, key, size }: Bucket): Window => {
    const id = `${name} ${key}`;
    const now = performance.now();
    const found = windows.get(id);
    if (found && found.endsAt > now) return found;
    const opened = { used: 0, endsAt: now + size.windowMs };
    windows.set(id, opened);
    return opened;
  };

  return {
    take(bucket) {
      // Windows of tokens that are long gone would pile up in a long run.
      if (windows.size > 10_000) {
        for (const [id, { endsAt }] of windows) {
          if (endsAt <= performance.now()) windows.delete(id);
        }
      }
      const window = current(bucket);
      if (window.used >= bucket.size.limit) {
        return { retryAfterMs: window.endsAt - performance.now(), scope: 'user' };
      }
      window.used += 1;
      return null;
    },
    headers(bucket) {
      const window = current(bucket);
      const resetAfterMs = Math.max(0, window.endsAt - performance.now());
      return {
        'x-ratelimit-limit': String(bucket.size.limit),
        'x-ratelimit-remaining': String(Math.max(0, bucket.size.limit - window.used)),
        'x-ratelimit-reset': ((Date.now() + resetAfterMs) / 1000).toFixed(3),
        'x-ratelimit-reset-after': (resetAfterMs / 1000).toFixed(3),
        'x-ratelimit-bucket': bucketHash(bucket.name),
      };
    },
    reset: () => windows.clear(),
  };
}

/** Discord's bucket names are opaque; clients only compare them. */
export function bucketHash(name: string): string {
  return createHash('md5').update(name).digest('hex');
}

/** Writes Discord's 429; the caller returns the reply. */
export function answerLimited(reply: FastifyReply, { retryAfterMs, scope }: Limited): FastifyReply {
  const seconds = Math.max(0.001, retryAfterMs / 1000);
  const headers: Record<string, string> = {
    // Whole seconds, rounded up; the body and Reset-After have the fraction.
    'retry-after': String(Math.ceil(seconds)),
    'x-ratelimit-scope': scope,
  };
  if (scope === 'global') headers['x-ratelimit-global'] = 'true';
  return reply
    .code(429)
    .headers(headers)
    .send({
      message: 'You are being rate limited.',
      retry_after: Number(seconds.toFixed(3)),
      global: scope === 'global',
    });
}

/** Which bucket a call counts against, or null where Discord has none that matters here. */
export function bucketOf(
  route: string,
  request: FastifyRequest,
  settings: DiscordSettings,
): Bucket | null {
  const params = request.params as Record<string, string>;
  const { method } = request;
  if (route.startsWith('/webhooks/:application/:token')) {
    // Follow-ups and edits count together, reads and deletions each on their own.
    const kind = method === 'POST' || method === 'PATCH' ? 'write' : method;
    return {
      name: `webhook ${kind}`,
      key: `${params['application']}/${params['token']}`,
      size: settings.webhookBucket,
    };
  }
  if (route.startsWith('/channels/:channel/messages')) {
    return {
      name: `${method} ${route}`,
      key: params['channel'] ?? '',
      size: settings.channelBucket,
    };
  }
  return null;
}
