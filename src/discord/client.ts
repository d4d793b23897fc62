import { Client, Options } from 'discord.js';
import type { Logger } from 'pino';
import { takeAnyAcknowledgement } from './acknowledge.ts';
import { expectDiscord } from './foreign.ts';

/**
 * The gateway client, for interactions alone.
 *
 * No intents: with Guilds, discord.js holds interactions back until every guild is available, far
 * past Discord's 3 s, and keeps every guild in memory. What interactions carry of users, members
 * and messages is not kept either, so memory does not grow with the number of people.
 */
export function createClient(options: { apiUrl: string; log: Logger }): Client {
  const client = new Client({
    intents: [],
    rest: { api: options.apiUrl, makeRequest: takeAnyAcknowledgement },
    allowedMentions: { parse: [] },
    makeCache: Options.cacheWithLimits({
      ...Options.DefaultMakeCacheSettings,
      UserManager: { maxSize: 0, keepOverLimit: (user) => user.id === user.client.user?.id },
      GuildMemberManager: 0,
      MessageManager: 0,
    }),
  });
  // READY names every guild. Kept, those make members of interactions into objects that know no
  // roles but everyone's; without them members stay as Discord sent them.
  client.on('shardReady', () => client.guilds.cache.clear());
  const { log } = options;
  client.on('error', (error) => log.error({ err: error }, 'gateway client error'));
  client.on('warn', (warning) => log.warn({ warning }, 'gateway client warning'));
  return client;
}

/** Opens the gateway. */
export async function logIn(client: Client, token: string): Promise<void> {
  await expectDiscord(() => client.login(token));
}
