import { type BaseInteraction, ChannelType, PermissionFlagsBits } from 'discord.js';
import { Failure, type Problem } from '../domain.ts';

/** What Darkroom needs in a server, by the names that Discord shows. */
const NEEDED = {
  'View Channels': PermissionFlagsBits.ViewChannel,
  'Send Messages': PermissionFlagsBits.SendMessages,
  'Send Messages in Threads': PermissionFlagsBits.SendMessagesInThreads,
  'Embed Links': PermissionFlagsBits.EmbedLinks,
  'Attach Files': PermissionFlagsBits.AttachFiles,
  'Read Message History': PermissionFlagsBits.ReadMessageHistory,
} as const;

/** The same as the number that an invite link carries; README and the guide name it, too. */
export const INVITE_PERMISSIONS = Object.values(NEEDED).reduce((all, one) => all | one, 0n);

/** The names of the permissions that are needed and not among these. */
export function missingPermissions(given: bigint): string[] {
  if ((given & PermissionFlagsBits.Administrator) !== 0n) return [];
  return Object.entries(NEEDED).flatMap(([name, bit]) => ((given & bit) === 0n ? [name] : []));
}

/** Posts in forums and media channels are threads, too. */
const THREADS: ReadonlySet<number> = new Set([
  ChannelType.AnnouncementThread,
  ChannelType.PublicThread,
  ChannelType.PrivateThread,
]);

/**
 * The bot's own permissions in the channel of an interaction, in which Send Messages tells whether
 * messages may be sent there: in a thread that permission has no effect, and Send Messages in
 * Threads takes its place.
 *
 * @param channelType Discord's type of the channel; null where it is not known.
 */
export function readAppPermissions(
  { appPermissions }: Pick<BaseInteraction, 'appPermissions'>,
  channelType: number | null,
): bigint {
  const given = appPermissions?.bitfield ?? 0n;
  if (channelType === null || !THREADS.has(channelType)) return given;
  const maySend = (given & PermissionFlagsBits.SendMessagesInThreads) !== 0n;
  return maySend
    ? given | PermissionFlagsBits.SendMessages
    : given & ~PermissionFlagsBits.SendMessages;
}

/**
 * Whether the person may manage this server, by what Discord says with every interaction: never by
 * what an earlier message or a custom_id says. Administrators may.
 */
export function mayManageServer(interaction: BaseInteraction): boolean {
  return interaction.memberPermissions?.has(PermissionFlagsBits.ManageGuild) ?? false;
}

/**
 * The id of the server that the person may manage.
 *
 * @throws Failure `limit`, with the rule in `details.problem`.
 */
export function requireManagedServer(interaction: BaseInteraction): string {
  const { guildId } = interaction;
  if (guildId === null) throw refuse('needs_server');
  if (!mayManageServer(interaction)) throw refuse('manage_server');
  return guildId;
}

function refuse(problem: Problem<'limit'>): Failure {
  return new Failure('limit', `not allowed: ${problem}`, { details: { problem } });
}
