import { Client, Events, GatewayDispatchEvents, Options, type REST, RESTEvents } from 'discord.js';
import type { Logger } from 'pino';
import type { DiscordOutcome, Report } from '../events.ts';
import { takeAnyAcknowledgement } from './acknowledge.ts';
import { expectDiscord } from './not-discord.ts';
import { GatewayClosedError } from './start-fault.ts';

/** Interactions that wait for READY, at most; each is read within milliseconds of its arrival. */
const KEEP = 1_000;

/** What an interaction of a message's menu carries, as far as it is looked at here. */
interface RawInteraction {
  data?: { resolved?: { messages?: Record<string, { poll?: unknown }> } };
}

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
  // The library waits it out, for an hour where Discord says so; a start would hang without a word.
  client.rest.on(RESTEvents.Response, ({ method, route }, { status, headers }) => {
    if (status !== 429) return;
    log.warn({ method, route, retryAfterS: headers.get('retry-after') }, 'Discord asks to wait');
  });
  // discord.js makes a poll from its channel, which without servers in its cache it does not have: it
  // throws, and nobody answers. It is told of an event just before it makes an interaction of it.
  client.ws.on(GatewayDispatchEvents.InteractionCreate, ({ data }: RawInteraction) => {
    for (const message of Object.values(data?.resolved?.messages ?? {})) delete message.poll;
  });
  client.on('error', (error) => log.error({ err: error }, 'gateway client error'));
  client.on('warn', (warning) => log.warn({ warning }, 'gateway client warning'));
  return client;
}

/**
 * Opens the gateway.
 *
 * @throws GatewayClosedError where Discord closes the connection for good: discord.js throws words
 * for some of its codes and tells the code by an event.
 */
export async function logIn(client: Client, token: string): Promise<void> {
  let code: number | null = null;
  client.once(Events.ShardDisconnect, (closed) => {
    code = closed.code;
  });
  try {
    await expectDiscord(() => client.login(token));
  } catch (error) {
    throw code === null ? error : new GatewayClosedError(code);
  }
}

/**
 * Tells the type of the channel that an interaction came from. Discord sends it along; without
 * servers in its cache discord.js drops it, so it is taken from the event as it arrived, which
 * discord.js hands out just before the interaction that it makes of it.
 *
 * @returns Discord's channel type by the interaction's id, once; null where it is not known.
 */
export function watchChannelTypes(client: Client): (interactionId: string) => number | null {
  const types = new Map<string, number>();
  client.ws.on(GatewayDispatchEvents.InteractionCreate, ({ id, channel }) => {
    if (typeof channel?.type !== 'number') return;
    types.set(id, channel.type);
    const [oldest] = types.keys();
    if (types.size > KEEP && oldest !== undefined) types.delete(oldest);
  });
  return (interactionId) => {
    const type = types.get(interactionId) ?? null;
    types.delete(interactionId);
    return type;
  };
}

/**
 * Reports each answer that a client of the library's gets. It waits out a 429 by itself and sends
 * again, so nobody else learns of it.
 */
export function reportAnswers(client: Pick<REST, 'on'>, report: Report): void {
  client.on(RESTEvents.Response, ({ method, route }, { status }) => {
    const outcome = outcomeOf(status);
    report({ type: 'discord_request_ended', route: `${method} ${route}`, outcome });
  });
}

function outcomeOf(status: number): DiscordOutcome {
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'busy';
  return status < 400 ? 'ok' : 'rejected';
}
