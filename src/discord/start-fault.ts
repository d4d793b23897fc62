import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError } from 'discord.js';
import { explainFolderFault } from '../store/data-folder.ts';
import { NewerLedgerError } from '../store/store.ts';

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

/** discord.js's own words when the day's logins are used up; they end with when there are more. */
const NO_LOGINS = /^Not enough sessions remaining.*resets at (\S+)$/s;

/** Why a start failed, for the operator. */
export interface StartFault {
  /** What to do about it: one sentence, no stack, no secret. */
  message: string;
  /** Whether it stays until the operator does something; else a later try may go well. */
  isLasting: boolean;
}

const lasting = (message: string): StartFault => ({ message, isLasting: true });
const passing = (message: string): StartFault => ({ message, isLasting: false });

/** What to tell the operator about a start that failed. */
export function describeStartFault(error: unknown): StartFault {
  const { message, isLasting } = describe(error);
  return { message: `Darkroom could not start: ${message}`, isLasting };
}

function describe(error: unknown): StartFault {
  if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
    return lasting(
      'Discord does not accept DISCORD_TOKEN. Copy it again, or reset it, at https://discord.com/developers/applications under Bot.',
    );
  }
  if (error instanceof DiscordAPIError) return describeRefusal(error);
  if (error instanceof HTTPError) {
    return passing(
      `Discord has trouble of its own (HTTP ${error.status}). Try again in a while; see https://discordstatus.com, and DISCORD_API_URL if you set it.`,
    );
  }
  if (error instanceof NewerLedgerError) return lasting(error.message);
  if (error instanceof Error && 'path' in error) {
    const fault = explainFolderFault(String(error.path), error);
    if (fault !== null) return passing(`${fault}.`);
  }
  const code = networkCode(error);
  if (code !== null) {
    return passing(
      `Discord cannot be reached (${code}). Check the network, and DISCORD_API_URL if you set it.`,
    );
  }
  const message = error instanceof Error ? error.message : String(error);
  const [, moreAt] = NO_LOGINS.exec(message) ?? [];
  if (moreAt !== undefined) {
    return passing(
      `Discord lets this bot log in no more until ${moreAt}: the day’s logins are used up. Find out what restarted it so often; two processes with one token do it, too.`,
    );
  }
  const advice = GATEWAY_ADVICE[message];
  return advice === undefined ? passing(message) : lasting(advice);
}

function describeRefusal({ status, code, message }: DiscordAPIError): StartFault {
  if (status === 401) {
    return lasting(
      'Discord does not accept DISCORD_TOKEN (401). Reset it at https://discord.com/developers/applications under Bot.',
    );
  }
  if (status === 403 || status === 404) {
    return lasting(
      `Discord does not let this bot register its commands (${code}). Is DISCORD_GUILD_ID right, and is the bot in that server?`,
    );
  }
  return lasting(`Discord refused a request (${status} / ${code}): ${message}`);
}

/** The system's code of a network fault, such as ECONNREFUSED, from wherever it is kept. */
function networkCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    // A file's fault has the same codes.
    if ('path' in at) return null;
    if ('code' in at && typeof at.code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(at.code)) {
      return at.code;
    }
  }
  return null;
}
