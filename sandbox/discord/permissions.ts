import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Channel, Guild, World } from './world.ts';

const ALL = Object.values(PermissionFlagsBits).reduce((all, bit) => all | bit, 0n);

/** What the two sides of a conversation may do. Discord grants the same set in every DM. */
const IN_PRIVATE =
  PermissionFlagsBits.ViewChannel |
  PermissionFlagsBits.SendMessages |
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.ReadMessageHistory |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.AddReactions |
  PermissionFlagsBits.MentionEveryone |
  PermissionFlagsBits.UseApplicationCommands |
  PermissionFlagsBits.UseExternalApps;

/** Whether all of the needed bits are there. */
export function has(permissions: bigint, needed: bigint): boolean {
  return (permissions & needed) === needed;
}

/** A member's permissions in the guild as a whole; none for who is no member. */
export function guildPermissions(guild: Guild, userId: string): bigint {
  const member = guild.members.find((one) => one.userId === userId);
  if (!member) return 0n;
  if (guild.ownerId === userId) return ALL;
  const held = guild.roles
    .filter((role) => role.id === guild.id || member.roleIds.includes(role.id))
    .reduce((all, role) => all | role.permissions, 0n);
  return has(held, PermissionFlagsBits.Administrator) ? ALL : held;
}

/** A user's permissions in one channel: the guild's, then the channel's overwrites over them. */
export function channelPermissions(world: World, channel: Channel, userId: string): bigint {
  if (channel.kind === 'bot-dm') {
    return [channel.userId, world.application.botUserId].includes(userId) ? IN_PRIVATE : 0n;
  }
  if (channel.kind === 'private') return channel.userIds.includes(userId) ? IN_PRIVATE : 0n;
  const guild = world.guilds.find((one) => one.id === channel.guildId);
  if (!guild) return 0n;
  let permissions = guildPermissions(guild, userId);
  if (permissions === 0n || permissions === ALL) return permissions;

  // A thread has none of its own.
  const { parentId = channel.id } = channel;
  const holder = world.channels.find((one) => one.id === parentId);
  const overwrites = holder?.kind === 'guild' ? holder.overwrites : [];
  const roleIds = guild.members.find((one) => one.userId === userId)?.roleIds ?? [];
  const apply = (fits: (id: string) => boolean) => {
    const fitting = overwrites.filter((overwrite) => fits(overwrite.id));
    for (const { deny } of fitting) permissions &= ~deny;
    for (const { allow } of fitting) permissions |= allow;
  };
  // Discord's order: @everyone, then all roles together, then the user.
  apply((id) => id === guild.id);
  apply((id) => roleIds.includes(id));
  apply((id) => id === userId);
  return has(permissions, PermissionFlagsBits.ViewChannel) ? permissions : 0n;
}

/** What sending a message takes: in a thread Send Messages has no effect. */
export function sendPermission(channel: Channel): bigint {
  return channel.kind === 'guild' && channel.parentId !== undefined
    ? PermissionFlagsBits.SendMessagesInThreads
    : PermissionFlagsBits.SendMessages;
}
