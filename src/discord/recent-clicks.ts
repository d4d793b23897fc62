import type { ReplyTarget } from '../domain.ts';
import { TOKEN_LIFETIME_MS } from './reply-target.ts';

/**
 * Clicks whose message may be removed by their own token, which needs no membership. Held in
 * memory alone: a token is a secret, it lives for minutes, and who clicks once more has a new one.
 */
export interface RecentClicks {
  /** Keeps who clicked under what, until the token is over. */
  keep(about: string, click: ReplyTarget): void;
  /** This person's newest click under that, while its token lives. */
  find(about: string, userId: string): ReplyTarget | null;
}

export function createRecentClicks(now: () => number): RecentClicks {
  const clicks = new Map<string, ReplyTarget>();
  // One that would live longer than any token was kept while the clock was ahead.
  const isOver = ({ tokenExpiresAt }: ReplyTarget) =>
    tokenExpiresAt <= now() || tokenExpiresAt > now() + TOKEN_LIFETIME_MS;
  const keyOf = (about: string, userId: string) => `${userId}:${about}`;
  return {
    keep(about, click) {
      for (const [key, kept] of clicks) if (isOver(kept)) clicks.delete(key);
      clicks.set(keyOf(about, click.userId), click);
    },
    find(about, userId) {
      const click = clicks.get(keyOf(about, userId));
      return click === undefined || isOver(click) ? null : click;
    },
  };
}
