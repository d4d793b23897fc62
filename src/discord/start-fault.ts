import { DiscordAPIError, DiscordjsError, DiscordjsErrorCodes, HTTPError } from 'discord.js';
import { explainFolderFault } from '../data-folder.ts';
import { NewerDatabaseError } from '../store/store.ts';

/**
 * What to do about each close code with which Discord ends a connection for good: discord.js
 * connects no more, and a restart would get the same.
 */
const CLOSE_ADVICE = {
  4004: 'the gateway does not accept DISCORD_TOKEN (4004). Reset it at https://discord.com/developers/applications under Bot, and copy the new one.',
  4010: 'the gateway does not accept the one connection that this bot opens (4010, invalid shard). Does DISCORD_API_URL lead to Discord itself?',
  4011: 'this bot is in more servers than one connection may serve (4011). This version of Darkroom opens one.',
  4012: 'the gateway no longer speaks the version of its API that this Darkroom knows (4012). Install a newer Darkroom.',
  4013: 'the gateway does not know the intents of this bot (4013), which asks for none. Does DISCORD_API_URL lead to Discord itself?',
  4014: 'the gateway does not allow the intents of this bot (4014), which asks for none. See https://discord.com/developers/applications under Bot, Privileged Gateway Intents.',
} as const satisfies Record<number, string>;

/** Discord closed the connection for good. */
export class GatewayClosedError extends Error {
  override readonly name = 'GatewayClosedError';
  readonly code: number;

  constructor(code: number) {
    super(adviseOnClose(code));
    this.code = code;
  }
}

/** The connection to the gateway was lost, and nothing tells why. */
export class GatewayLostError extends Error {
  override readonly name = 'GatewayLostError';

  constructor() {
    super(
      'the connection to Discord’s gateway was lost and does not come back. Start it again; the log may tell why.',
    );
  }
}

/** What to do about a connection that Discord closed for good with this code: one sentence. */
export function adviseOnClose(code: number): string {
  const advice: Readonly<Record<number, string>> = CLOSE_ADVICE;
  return advice[code] ?? `the gateway closed the connection for good (${code}).`;
}

/** discord.js's own words when the day's logins are used up; they end with when there are more. */
const NO_LOGINS = /^Not enough sessions remaining.*resets at (\S+)$/s;

/** The words of ws and of Node's HTTP parser where something else than a WebSocket answers. */
const NO_WEBSOCKET =
  /^(?:Unexpected server response: \d+$|Invalid (?:Upgrade|Sec-WebSocket-)|Parse Error: )/;

/** Why the bot does not start, or does not go on, for the operator. */
export interface Fault {
  /** What to do about it: one sentence, no stack, no secret. */
  message: string;
  /** Whether it stays until the operator does something; else a later try may go well. */
  isLasting: boolean;
}

const lasting = (message: string): Fault => ({ message, isLasting: true });
const passing = (message: string): Fault => ({ message, isLasting: false });

/** What to tell the operator about a start that failed. */
export function describeStartFault(error: unknown): Fault {
  const { message, isLasting } = describe(error);
  return { message: `Darkroom could not start: ${message}`, isLasting };
}

/** What to tell the operator about a bot that ran and cannot go on. */
export function describeRunFault(error: unknown): Fault {
  const { message, isLasting } = describe(error);
  return { message: `Darkroom stops: ${message}`, isLasting };
}

function describe(error: unknown): Fault {
  if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
    return lasting(
      'Discord does not accept DISCORD_TOKEN. Copy it again, or reset it, at https://discord.com/developers/applications under Bot.',
    );
  }
  if (error instanceof GatewayClosedError) return lasting(error.message);
  if (error instanceof DiscordAPIError) return describeRefusal(error);
  if (error instanceof HTTPError) {
    return passing(
      `Discord has trouble of its own (HTTP ${error.status}). Try again in a while; see https://discordstatus.com, and DISCORD_API_URL if you set it.`,
    );
  }
  if (error instanceof NewerDatabaseError) return lasting(error.message);
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
  if (NO_WEBSOCKET.test(message)) {
    return passing(
      `the gateway does not take the connection (${message}). A firewall or proxy must let WebSockets (wss, port 443) through; see also https://discordstatus.com.`,
    );
  }
  const [, moreAt] = NO_LOGINS.exec(message) ?? [];
  if (moreAt !== undefined) {
    return passing(
      `Discord lets this bot log in no more until ${moreAt}: the day’s logins are used up. Find out what restarted it so often; two processes with one token do it, too.`,
    );
  }
  return passing(message);
}

function describeRefusal({ status, code, message, url }: DiscordAPIError): Fault {
  if (status === 401) {
    return lasting(
      'Discord does not accept DISCORD_TOKEN (401). Reset it at https://discord.com/developers/applications under Bot.',
    );
  }
  if ((status === 403 || status === 404) && url.includes('/commands')) {
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
