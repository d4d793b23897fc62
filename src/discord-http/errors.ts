import { DiscordAPIError, HTTPError, RateLimitError } from '@discordjs/rest';

/**
 * Why Discord did not take a write:
 * - `gone`: the message was deleted, nobody can see it any more
 * - `expired`: the interaction token is dead
 * - `too_large`: the upload is over a limit
 * - `rate_limited`: wait `retryAfterMs`
 * - `busy`: Discord's fault or the line's, or the answer is not Discord's; the same request may
 *   work later
 * - `rejected`: it will never take this request, for lack of a permission or otherwise
 */
export type ReplyErrorKind =
  | 'gone'
  | 'expired'
  | 'too_large'
  | 'rate_limited'
  | 'busy'
  | 'rejected';

/**
 * Carries only what may be logged. The library's own errors hold the live token in their address
 * and the whole picture in their request body, so they are never kept, not even as a cause.
 */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
  readonly kind: ReplyErrorKind;
  readonly status: number | null;
  readonly code: number | string | null;
  readonly method: string;
  /** The route's template, without ids or token. */
  readonly route: string;
  readonly retryAfterMs: number;

  constructor(
    kind: ReplyErrorKind,
    about: {
      message: string;
      status?: number;
      code?: number | string;
      method: string;
      route: string;
      retryAfterMs?: number;
    },
  ) {
    super(`${about.method} ${about.route}: ${about.message}`);
    this.kind = kind;
    this.status = about.status ?? null;
    this.code = about.code ?? null;
    this.method = about.method;
    this.route = about.route;
    this.retryAfterMs = about.retryAfterMs ?? 0;
  }
}

/** Whether the same write may be taken later. */
export function isTransient({ kind }: ReplyError): boolean {
  return kind === 'busy' || kind === 'rate_limited';
}

/** Missing Access, Missing Permissions, an archived thread. */
const FORBIDDEN_CODES = new Set<number | string | null>([50_001, 50_013, 50_083]);

/** Whether no other write to this place would be taken either. */
export function isForbidden({ code }: ReplyError): boolean {
  return FORBIDDEN_CODES.has(code);
}

/** Whether it may have had its effect all the same: it broke off, or the answer was not Discord's. */
export function mayHaveWorked(error: ReplyError): boolean {
  const { kind, status } = error;
  return brokeOff(error) || (kind === 'busy' && status !== null && status < 300);
}

/** Codes of a request that found nobody to take it: nothing of it was sent. */
const UNSENT_CODES = new Set<number | string | null>([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Whether it ended under way, without an answer: it may have had its effect all the same. */
export function brokeOff({ kind, status, code }: ReplyError): boolean {
  return kind === 'busy' && status === null && !UNSENT_CODES.has(code);
}

/** "Unknown Channel" and "Unknown Message". */
const GONE_CODES = new Set<number | string>([10_003, 10_008]);
/** "Unknown Webhook" and "Invalid Webhook Token": the 15 minutes are over. */
const EXPIRED_CODES = new Set<number | string>([10_015, 50_027]);
/** "Request entity too large" and "File uploaded exceeds the maximum size". */
const TOO_LARGE_CODES = new Set<number | string>([40_005, 50_045]);
/**
 * Refusals that pass, though their status is one of the caller's: the limits of a channel, a
 * message or a resource (20016, 20022, 20028, 20029, 30046, 40062), what Discord has switched off
 * for a while (40004, 40006), its edge's "internal network error" (40333), and overload (130000).
 */
const BUSY_CODES = new Set<number | string>([
  20_016, 20_022, 20_028, 20_029, 30_046, 40_004, 40_006, 40_062, 40_333, 130_000,
]);

/** Turns whatever the library threw into a `ReplyError`. */
export function toReplyError(error: unknown, method: string, route: string): ReplyError {
  if (error instanceof ReplyError) return error;
  if (error instanceof RateLimitError) {
    return new ReplyError('rate_limited', {
      message: `rate limited (${error.scope})`,
      status: 429,
      method,
      route,
      // All are milliseconds; which one is set depends on who noticed, Discord or the library.
      retryAfterMs: Math.max(
        ...[error.retryAfter, error.timeToReset, error.sublimitTimeout].filter(Number.isFinite),
        250,
      ),
    });
  }
  if (error instanceof DiscordAPIError) {
    const { status, code } = error;
    // A proxy's page has a status and no code.
    const isOfDiscord = typeof code === 'number';
    const message = isOfDiscord ? `${status} / ${error.message}` : `HTTP ${status}`;
    const about = { message, status, method, route, ...(isOfDiscord ? { code } : {}) };
    if (status === 413 || TOO_LARGE_CODES.has(code)) return new ReplyError('too_large', about);
    if (GONE_CODES.has(code)) return new ReplyError('gone', about);
    if (EXPIRED_CODES.has(code) || status === 401) return new ReplyError('expired', about);
    return new ReplyError(isOfDiscord && !BUSY_CODES.has(code) ? 'rejected' : 'busy', about);
  }
  if (error instanceof HTTPError) {
    const { status } = error;
    return new ReplyError('busy', { message: `HTTP ${status}`, status, method, route });
  }
  const fault = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
  return new ReplyError('busy', { message: code, code, method, route });
}
