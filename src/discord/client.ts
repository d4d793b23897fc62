import { Client, DiscordAPIError, Options } from 'discord.js';
import type { Logger } from 'pino';

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
    rest: { api: options.apiUrl },
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
  client.on('shardDisconnect', (event, shard) => {
    log.warn({ shard, code: event.code }, 'gateway disconnected');
  });
  client.on('shardReconnecting', (shard) => log.info({ shard }, 'gateway reconnecting'));
  client.on('shardResume', (shard, replayed) => log.info({ shard, replayed }, 'gateway resumed'));
  return client;
}

/**
 * Opens the gateway. discord.js trusts every answer to be Discord's, and stumbles over a web page
 * in its place.
 */
export async function logIn(client: Client, token: string): Promise<void> {
  try {
    await client.login(token);
  } catch (error) {
    if (!isForeign(error)) throw error;
    throw new Error(
      'what answers at DISCORD_API_URL is not Discord’s API. Leave it empty for Discord itself; with a proxy, it must lead to the REST base without its version, such as https://discord.com/api.',
      { cause: error },
    );
  }
}

/** Whether it comes of an answer that is not JSON, or not Discord's. */
function isForeign(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return typeof error.code !== 'number';
  return error instanceof TypeError || error instanceof SyntaxError;
}
