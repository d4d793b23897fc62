/** The local Discord as the page is told of it: plain JSON, from one person's point of view. */
import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { Attachment, LocalDiscord, Message, MessageEvent } from '../discord/local-discord.ts';
import { channelPermissions, has } from '../discord/permissions.ts';
import type { Channel } from '../discord/world.ts';

/** Messages of one channel that a page begins with. */
const SHOWN_MESSAGES = 100;

/** A message with every file that a person sees in it. */
export type MessageView = Message & {
  files: Attachment[];
  /** The only person who sees it, or null. */
  visibleTo: string | null;
};

/** A place that the person sees. */
export interface ChannelView {
  id: string;
  kind: Channel['kind'];
  guildId: string | null;
  /** Without `#`; for a conversation the names of the others. */
  name: string;
  /** Whether the person may delete what others wrote. */
  canManage: boolean;
  /** Whether there are messages before those that the page begins with. */
  hasOlder: boolean;
}

/** What the page is built from; on each new connection it comes once, whole. */
export interface WorldView {
  me: string;
  application: { id: string; name: string; botUserId: string };
  /** Command lines to try first. */
  examples: readonly string[];
  users: { id: string; username: string; name: string; bot: boolean; installedApp: boolean }[];
  guilds: {
    id: string;
    name: string;
    /** Bytes. */
    uploadLimit: number;
    hasBot: boolean;
    ownerId: string;
    roles: { id: string; name: string }[];
    members: { userId: string; roleIds: string[] }[];
  }[];
  channels: ChannelView[];
  /** By channel, oldest first. */
  messages: Record<string, MessageView[]>;
}

export function viewMessage(
  discord: LocalDiscord,
  message: Message,
  visibleTo: string | null,
): MessageView {
  return { ...message, files: discord.filesOf(message.id), visibleTo };
}

/** Whether this person's page hears of the message at all. */
export function sees(discord: LocalDiscord, userId: string, event: MessageEvent): boolean {
  if (event.visibleTo !== null) return event.visibleTo === userId;
  const channel = discord.world.channels.find(({ id }) => id === event.message.channel_id);
  return channel !== undefined && seesChannel(discord, userId, channel);
}

function seesChannel({ world }: LocalDiscord, userId: string, channel: Channel): boolean {
  if (channel.kind === 'bot-dm') return channel.userId === userId;
  if (channel.kind === 'private') return channel.userIds.includes(userId);
  return has(channelPermissions(world, channel, userId), PermissionFlagsBits.ViewChannel);
}

export function viewWorld(
  discord: LocalDiscord,
  userId: string,
  examples: readonly string[],
): WorldView {
  const { world } = discord;
  const { id, name, botUserId } = world.application;
  const seen = world.channels
    .filter((channel) => seesChannel(discord, userId, channel))
    .map((channel) => ({ channel, messages: discord.messages(channel.id, userId) }));
  return {
    me: userId,
    application: { id, name, botUserId },
    examples,
    users: world.users.map((user) => ({
      id: user.id,
      username: user.username,
      name: user.globalName ?? (user.bot ? name : user.username),
      bot: user.bot,
      installedApp: user.installedApp,
    })),
    guilds: world.guilds
      .filter(({ members }) => members.some((member) => member.userId === userId))
      .map((guild) => ({
        id: guild.id,
        name: guild.name,
        uploadLimit: guild.attachmentSizeLimit,
        hasBot: guild.installedApp,
        ownerId: guild.ownerId,
        roles: guild.roles.map((role) => ({ id: role.id, name: role.name })),
        members: guild.members.map((member) => ({
          userId: member.userId,
          roleIds: member.roleIds,
        })),
      })),
    channels: seen.map(({ channel, messages }) => ({
      ...viewChannel(discord, userId, channel),
      hasOlder: messages.length > SHOWN_MESSAGES,
    })),
    messages: Object.fromEntries(
      seen.map(({ channel, messages }) => [
        channel.id,
        messages
          .slice(-SHOWN_MESSAGES)
          // Of the messages that this person is given, the ephemeral ones are their own.
          .map((message) =>
            viewMessage(discord, message, ((message.flags ?? 0) & 64) === 0 ? null : userId),
          ),
      ]),
    ),
  };
}

function viewChannel(
  { world }: LocalDiscord,
  userId: string,
  channel: Channel,
): Omit<ChannelView, 'hasOlder'> {
  const nameOf = (id: string): string => {
    const user = world.users.find((one) => one.id === id);
    return user?.globalName ?? (user?.bot ? world.application.name : (user?.username ?? id));
  };
  const { id, kind } = channel;
  const permissions = channelPermissions(world, channel, userId);
  return {
    id,
    kind,
    guildId: kind === 'guild' ? channel.guildId : null,
    name:
      kind === 'guild'
        ? channel.name
        : kind === 'bot-dm'
          ? nameOf(world.application.botUserId)
          : (channel.name ??
            channel.userIds
              .filter((one) => one !== userId)
              .map(nameOf)
              .join(', ')),
    canManage: kind === 'guild' && has(permissions, PermissionFlagsBits.ManageMessages),
  };
}
