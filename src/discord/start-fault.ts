import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError } from 'discord.js';

/**
 * What discord.js says when the gateway closes for good, by the close codes 4004, 4013 and 4014,
 * and 4011. It throws these words and no code.
 */
const GATEWAY_ADVICE: Readonly<Record<string, string>> = {
  'Authentication failed':
    'the gateway does not accept DISCORD_TOKEN (4004). Reset it at https://discord.com/developers/applications under Bot, and copy the new one.',
  'Used invalid intents':
    'the gateway does not know the intents of this bot (4013), which asks for none. Does DISCORD_API_URL lead to Discord itself?',
  'Used disallowed intents':
    'the gateway does not allow the intents of this bot (4014), which asks for none. See https://discord.com/developers/applications under Bot, Privileged Gateway Intents.',
  'Sharding is required':
    'this bot is in more servers than one connection may serve (4011). This version of Darkroom opens one.',
};

/** What the operator should do about a start that failed: one sentence, no stack, no secret. */
export function describeStartFault(error: unknown): string {
  const lead = 'Darkroom could not start: ';
  if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
    return `${lead}Discord does not accept DISCORD_TOKEN. Copy it again, or reset it, at https://discord.com/developers/applications under Bot.`;
  }
  if (error instanceof DiscordAPIError && error.status === 401) {
    return `${lead}Discord does not accept DISCORD_TOKEN (401). Reset it at https://discord.com/developers/applications under Bot.`;
  }
  if (error instanceof DiscordAPIError && (error.status === 403 || error.status === 404)) {
    return `${lead}Discord does not let this bot register its commands (${error.code}). Is DISCORD_GUILD_ID right, and is the bot in that server?`;
  }
  if (error instanceof DiscordAPIError) {
    return `${lead}Discord refused a request (${error.status} / ${error.code}): ${error.message}`;
  }
  if (error instanceof HTTPError) {
    return `${lead}Discord has trouble of its own (HTTP ${error.status}). Try again in a while; see https://discordstatus.com, and DISCORD_API_URL if you set it.`;
  }
  if (error instanceof Error && 'path' in error && 'code' in error) {
    return `${lead}${error.path} cannot be used (${error.code}). Check DATA_DIR: it must be a folder that this user may write to.`;
  }
  const code = networkCode(error);
  if (code !== null) {
    return `${lead}Discord cannot be reached (${code}). Check the network, and DISCORD_API_URL if you set it.`;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `${lead}${GATEWAY_ADVICE[message] ?? message}`;
}

/** The system's code of a network fault, such as ECONNREFUSED, from wherever it is kept. */
function networkCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('code' in at && typeof at.code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(at.code)) {
      return at.code;
    }
  }
  return null;
}
