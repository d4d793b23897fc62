import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Makes and checks addresses that expire. */
export interface UrlSigner {
  /** The address with `ex` and `is` (hexadecimal seconds) and `hm`, as Discord's CDN signs. */
  sign(base: string, path: string): string;
  /** Whether the query belongs to this path and has not expired. */
  allows(path: string, query: { ex?: string; is?: string; hm?: string }): boolean;
}

/** The secret lives as long as the signer: addresses do not outlive their local Discord. */
export function createUrlSigner(now: () => number, lifetimeMs: () => number): UrlSigner {
  const secret = randomBytes(32);
  const seal = (path: string, ex: string, is: string) =>
    createHmac('sha256', secret).update(`${path}\n${ex}\n${is}`).digest();

  return {
    sign(base, path) {
      const is = Math.floor(now() / 1000).toString(16);
      const ex = Math.floor((now() + lifetimeMs()) / 1000).toString(16);
      return `${base}${path}?ex=${ex}&is=${is}&hm=${seal(path, ex, is).toString('hex')}&`;
    },
    allows(path, { ex, is, hm }) {
      if (ex === undefined || is === undefined || hm === undefined) return false;
      const given = Buffer.from(hm, 'hex');
      const expected = seal(path, ex, is);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
      return Number.parseInt(ex, 16) * 1000 >= now();
    },
  };
}
