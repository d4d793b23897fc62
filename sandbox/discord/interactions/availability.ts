/** Which commands a person sees in a place, and on whose behalf the application acts there. */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { NotPossible } from '../api-error.ts';
import type { Command } from '../interface.ts';
import type { State } from '../model.ts';
import { channelPermissions, has } from '../permissions.ts';
import type { Channel, User } from '../world.ts';

/** A person in a place. */
export interface ResolvedActor {
  user: User;
  channel: Channel;
  guildId: string | null;
  /** What the person may do here. */
  permissions: bigint;
}

/** Discord's interaction contexts: a guild, a DM with the bot, any other DM. */
export function contextOf(channel: Channel): 0 | 1 | 2 {
  if (channel.kind === 'guild') return 0;
  return channel.kind === 'bot-dm' ? 1 : 2;
}

/** Throws `NotPossible` when the person or place is unknown, or the person cannot see the place. */
export function resolveActor(state: State, userId: string, channelId: string): ResolvedActor {
  const user = state.user(userId);
  if (!user) throw new NotPossible(`nobody has the id ${userId}`);
  if (user.bot) throw new NotPossible('a bot uses no interactions');
  const channel = state.channel(channelId);
  if (!channel) throw new NotPossible(`there is no channel ${channelId}`);
  const permissions = channelPermissions(state.world, channel, userId);
  if (!has(permissions, PermissionFlagsBits.ViewChannel)) {
    throw new NotPossible(`${user.username} does not see this channel`);
  }
  return { user, channel, guildId: channel.kind === 'guild' ? channel.guildId : null, permissions };
}

/**
 * Who installed the application for this place: by integration type, 0 the guild (`0` in a DM
 * with the bot), 1 the user.
 */
export function installations(state: State, { user, channel, guildId }: ResolvedActor) {
  const byGuild = guildId !== null && state.guild(guildId)?.installedApp === true;
  return {
    ...(byGuild ? { '0': guildId } : channel.kind === 'bot-dm' ? { '0': '0' } : {}),
    ...(user.installedApp ? { '1': user.id } : {}),
  } as Record<string, string>;
}

/** A command, and on whose behalf it would act here. */
export interface FoundCommand {
  command: Command;
  owners: Record<string, string>;
}

/** Every command that the person is offered in this place, whatever its type. */
export function offeredCommands(state: State, actor: ResolvedActor): FoundCommand[] {
  const { guildId, channel, permissions } = actor;
  if (!has(permissions, PermissionFlagsBits.UseApplicationCommands)) return [];
  const installed = installations(state, actor);
  const context = contextOf(channel);
  const ofGuild = guildId === null ? [] : (state.guildCommands.get(guildId) ?? []);
  return [...ofGuild, ...state.globalCommands].flatMap((command): FoundCommand[] => {
    const needed = command.default_member_permissions;
    // A command "for nobody" (permissions 0) is left to administrators.
    const wanted = needed === '0' ? PermissionFlagsBits.Administrator : BigInt(needed ?? 0);
    if (guildId !== null && !has(permissions, wanted)) return [];
    if (command.guild_id !== undefined) return [{ command, owners: pick(installed, [0]) }];
    const types: number[] = command.integration_types ?? [0];
    const owners = pick(installed, types);
    if (Object.keys(owners).length === 0) return [];
    const contexts: number[] = command.contexts ?? (types.includes(1) ? [0, 1, 2] : [0, 1]);
    return contexts.includes(context) ? [{ command, owners }] : [];
  });
}

/** Throws `NotPossible` where the person would not find the command. */
export function findCommand(
  state: State,
  actor: ResolvedActor,
  type: number,
  name: string,
): FoundCommand {
  if (!has(actor.permissions, PermissionFlagsBits.UseApplicationCommands)) {
    throw new NotPossible(`${actor.user.username} may not use commands in this channel`);
  }
  const offered = offeredCommands(state, actor).filter(({ command }) => command.type === type);
  const found = offered.find(({ command }) => command.name === name);
  if (found) return found;
  const names = offered.map(({ command }) => command.name).join(', ') || 'none';
  throw new NotPossible(`there is no command "${name}" here (offered: ${names})`);
}

function pick(owners: Record<string, string>, types: readonly number[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(owners).filter(([type]) => types.includes(Number(type))),
  );
}
