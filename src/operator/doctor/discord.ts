import type { Config } from '../../config.ts';
import { INVITE_PERMISSIONS, missingPermissions } from '../../discord/permissions.ts';
import { type Answer, type Ask, createAsk, describeFault, notDiscord } from './discord-api.ts';
import { type Finding, green, networkReason, red, yellow } from './finding.ts';
import { checkGateway } from './probe-gateway.ts';

/** A page of servers; more than this are checked as far as that. */
const MAX_GUILDS = 200;
/** What a clock may be off before day limits and the life of tokens suffer. */
const MAX_SKEW_MS = 60_000;

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
