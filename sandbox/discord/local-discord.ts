import type { LocalDiscord, LocalDiscordOptions } from './interface.ts';

export type * from './interface.ts';

/** Starts a local Discord on 127.0.0.1. */
export async function startLocalDiscord(_options: LocalDiscordOptions = {}): Promise<LocalDiscord> {
  throw new Error('not yet');
}
