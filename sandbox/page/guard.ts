import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Names under which a browser reaches this machine, and nothing else does. */
const LOOPBACK_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** The header (or, for an event stream, the query member) that carries the page's token. */
export const TOKEN_HEADER = 'x-sandbox-token';

/**
 * What every answer carries. Nothing may be loaded from elsewhere, no other site may frame or read
 * the page, and no address of it is told to anyone.
 */
export const SECURITY_HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * Why a request is turned away, or null when it may pass. The name in `Host` keeps out sites whose
 * own name was pointed at this machine (DNS rebinding); any port is fine, because ports may be
 * forwarded. `Origin` keeps out what other sites' scripts send.
 */
export function refusalOf(headers: IncomingHttpHeaders): string | null {
  const host = headers.host ?? '';
  const name = host.replace(/:\d+$/, '');
  if (!LOOPBACK_NAMES.has(name)) return 'This page is for this machine only.';
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    return 'Only the page itself may ask for this.';
  }
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' && headers['sec-fetch-mode'] !== 'navigate') {
    return 'Only the page itself may ask for this.';
  }
  return null;
}

/** Whether the token is the page's own; takes the same time whatever was given. */
export function isToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false;
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}
