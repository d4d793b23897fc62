import type { Config } from '../../config.ts';
import { isNearlyUsedUp, readIdentifyBudget } from '../../discord/identify-pacer.ts';
import { NOT_DISCORD } from '../../discord/not-discord.ts';
import { INVITE_PERMISSIONS, missingPermissions } from '../../discord/permissions.ts';
import { type Finding, green, networkReason, red, yellow } from './finding.ts';

const TIMEOUT_MS = 10_000;
/** A page of servers; more than this are checked as far as that. */
const MAX_GUILDS = 200;
/** What a clock may be off before day limits and the life of tokens suffer. */
const MAX_SKEW_MS = 60_000;

/** What came back for a request with the bot's token. */
interface Answer {
  status: number;
  /** null for what is not JSON, and so not Discord's. */
  body: unknown;
  date: string | null;
}

type Ask = (path: string) => Promise<Answer>;

export function createAsk({ apiUrl, token }: Config['discord']): Ask {
  return async (path) => {
    const response = await fetch(`${apiUrl}/v10${path}`, {
      headers: { authorization: `Bot ${token}`, 'user-agent': 'DiscordBot (Darkroom doctor, 1)' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body, date: response.headers.get('date') };
  };
}

/** What is wrong with an answer; null for a good one. */
export function describeFault({ status, body }: Answer): Finding | null {
  // In trouble Discord's own gates answer with web pages, too.
  if (status === 429 || status >= 500) {
    const hint = 'Try again later; see https://discordstatus.com.';
    return red('Discord', `it answered ${status}`, hint);
  }
  if (typeof body !== 'object' || body === null) return notDiscord(status);
  if (status < 400) return null;
  const { code, message } = body as { code?: unknown; message?: unknown };
  if (typeof code !== 'number') return notDiscord(status);
  if (status === 401) {
    const hint =
      'Copy it again, or reset it, at https://discord.com/developers/applications: your application, Bot.';
    return red('Bot token', 'Discord does not accept DISCORD_TOKEN (401)', hint);
  }
  return red('Discord', `it refused a request (${status} / ${code}): ${message}`);
}

/** Somebody else answers, as a proxy or a login page of the network. */
export function notDiscord(status: number): Finding {
  return red('Discord', `${NOT_DISCORD.message} (HTTP ${status})`, NOT_DISCORD.hint);
}

/** Where somebody who manages a server adds the bot, or what it lacks there. */
export function inviteLink(applicationId: string, guildId?: string): string {
  const query = new URLSearchParams({
    client_id: applicationId,
    scope: 'bot applications.commands',
    permissions: String(INVITE_PERMISSIONS),
    ...(guildId === undefined ? {} : { guild_id: guildId }),
  });
  return `https://discord.com/oauth2/authorize?${query}`;
}

/** Everything that Discord tells a bot about itself; changes nothing and connects nothing. */
export async function checkDiscord({ discord, limits }: Config): Promise<Finding[]> {
  const ask = createAsk(discord);
  let me: Answer;
  try {
    me = await ask('/applications/@me');
  } catch (error) {
    const hint = 'Check the network and the firewall, and DISCORD_API_URL if you set it.';
    return [red('Discord', `${discord.apiUrl} cannot be reached (${networkReason(error)})`, hint)];
  }
  const fault = describeFault(me);
  if (fault !== null) return [fault];
  const { id, name } = me.body as { id?: string; name?: string };
  if (id === undefined) return [notDiscord(me.status)];
  return [
    green('Bot token', `accepted: ${name ?? 'the application'} (${id})`),
    checkClock(me.date),
    await checkGateway(ask),
    ...(await checkGuilds(ask, id, discord.guildId, limits.operator.allowedGuilds)),
    await checkCommands(ask, id, discord.guildId),
  ];
}

/** Whether the bot could connect now; opens a connection and does not log in. */
export async function checkGateway(ask: Ask, now = Date.now()): Promise<Finding> {
  const subject = 'Gateway';
  try {
    const answer = await ask('/gateway/bot');
    const fault = describeFault(answer);
    if (fault !== null) return { ...fault, subject };
    const { url, shards } = answer.body as { url: string; shards: number };
    const budget = readIdentifyBudget(answer.body, now);
    await waitForHello(url);
    if (budget === null) return green(subject, 'reachable');
    const message = `reachable; ${budget.remaining} of ${budget.total} logins left today`;
    if (isNearlyUsedUp(budget)) {
      const moreAt = new Date(budget.resetsAt).toISOString();
      const hint = `The bot waits until ${moreAt}: Discord resets the token at 0. Find out what restarts it so often.`;
      return red(subject, message, hint);
    }
    if (shards > 1) {
      const hint = `Discord would like ${shards} connections; one works up to 2,500 servers.`;
      return yellow(subject, message, hint);
    }
    return green(subject, message);
  } catch (error) {
    const hint = 'A firewall or proxy must let WebSockets (wss, port 443) through.';
    return red(subject, `cannot be reached (${networkReason(error)})`, hint);
  }
}

/** Opens a connection and waits for the greeting; without a login it costs none of the starts. */
async function waitForHello(url: string): Promise<void> {
  const address = new URL(url);
  address.search = 'v=10&encoding=json';
  const socket = new WebSocket(address);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('message', () => resolve(), { signal });
      socket.addEventListener('error', () => reject(new Error('connection failed')), { signal });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  } finally {
    socket.close();
  }
}

function checkClock(date: string | null, now = Date.now()): Finding {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return green('Clock', 'Discord did not say the time');
  const skewMs = Math.abs(now - theirs);
  const message = `${Math.round(skewMs / 1_000)} s from Discord's`;
  if (skewMs <= MAX_SKEW_MS) return green('Clock', message);
  return yellow('Clock', message, 'Let the machine set its clock (NTP).');
}

interface Guild {
  id: string;
  name: string;
  /** What the bot may there, before the overwrites of channels; a decimal bit string. */
  permissions?: string;
}

async function checkGuilds(
  ask: Ask,
  applicationId: string,
  guildId: string | null,
  allowed: string[] | null,
): Promise<Finding[]> {
  const { status, body } = await ask(`/users/@me/guilds?limit=${MAX_GUILDS}`);
  if (status !== 200 || !Array.isArray(body)) {
    return [yellow('Servers', `Discord did not tell them (${status})`)];
  }
  const guilds = body as Guild[];
  const findings: Finding[] = [];
  if (guilds.length === 0) {
    const hint = `Add it to a server: ${inviteLink(applicationId)}`;
    findings.push(yellow('Servers', 'the bot is in none', hint));
  }
  for (const id of new Set([...(guildId === null ? [] : [guildId]), ...(allowed ?? [])])) {
    if (guilds.length >= MAX_GUILDS || guilds.some((guild) => guild.id === id)) continue;
    const hint = `Add it there: ${inviteLink(applicationId, id)}`;
    const tell = id === guildId ? red : yellow;
    findings.push(tell('Servers', `the bot is not in ${id}, which the configuration names`, hint));
  }
  const lacking = guilds.flatMap((guild) => {
    const missing = missingPermissions(BigInt(guild.permissions ?? '0'));
    return missing.length === 0 ? [] : [{ guild, missing }];
  });
  for (const { guild, missing } of lacking) {
    const message = `${guild.name} (${guild.id}) does not give ${missing.join(', ')}`;
    const hint = `Give it to the bot's role, or invite again: ${inviteLink(applicationId, guild.id)}`;
    findings.push(yellow('Servers', message, hint));
  }
  const fine = guilds.length - lacking.length;
  if (fine > 0) {
    const more = guilds.length >= MAX_GUILDS ? ' (of the first 200)' : '';
    findings.push(green('Servers', `${fine} with every permission that is needed${more}`));
  }
  return findings;
}

async function checkCommands(
  ask: Ask,
  applicationId: string,
  guildId: string | null,
): Promise<Finding> {
  const place = guildId === null ? '' : `/guilds/${guildId}`;
  const { status, body } = await ask(`/applications/${applicationId}${place}/commands`);
  if (status !== 200 || !Array.isArray(body)) {
    return yellow('Commands', `Discord did not tell them (${status})`);
  }
  return green('Commands', `${body.length} registered; every start registers them anew`);
}
