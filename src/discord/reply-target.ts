import type { BaseInteraction, Interaction } from 'discord.js';
import type { Place } from '../admission/policy.ts';
import { INTERACTION_TOKEN_MS } from '../discord-http/discord-limits.ts';
import type { ReplyTarget } from '../domain.ts';
import { readAppPermissions } from './permissions.ts';

/** Less what a slow line may take from it. */
export const TOKEN_LIFETIME_MS = INTERACTION_TOKEN_MS - 10_000;

/** The lowest limit that Discord has had of late, for a server that sends none, or nonsense. */
const FALLBACK_ATTACHMENT_LIMIT = 10 * 1024 * 1024;

/** What is known of an interaction beside itself. */
export interface Arrival {
  /** Epoch milliseconds. The clock of arrival is ours; an id's may not be. */
  receivedAt: number;
  /** Discord's type of the channel; null where it is not known. */
  channelType: number | null;
}

/** Reads where a reply will live from the interaction that asked for it, as plain data. */
export function readTarget(
  interaction: Interaction,
  acknowledgement: 'public' | 'private' | 'update',
  { receivedAt, channelType }: Arrival,
): ReplyTarget {
  return {
    applicationId: interaction.applicationId,
    interactionId: interaction.id,
    interactionToken: interaction.token,
    tokenExpiresAt: receivedAt + TOKEN_LIFETIME_MS,
    channelId: interaction.channelId,
    guildId: interaction.guildId,
    userId: interaction.user.id,
    messageId: null,
    ephemeral: acknowledgement === 'private',
    appPermissions: readAppPermissions(interaction, channelType).toString(),
    installContext: readPlace(interaction).installContext,
    locale: interaction.locale,
    attachmentSizeLimit:
      interaction.attachmentSizeLimit > 0
        ? interaction.attachmentSizeLimit
        : FALLBACK_ATTACHMENT_LIMIT,
  };
}

/** Where something is asked for, and by whose installation. */
export function readPlace(interaction: Interaction): Place {
  const installContext = isOnlyOfUser(interaction) ? 'user' : 'guild';
  return { guildId: interaction.guildId, installContext };
}

/** Whether the bot works here by a person's own installation alone; without word of it, it does not. */
function isOnlyOfUser({ authorizingIntegrationOwners: owners }: Interaction): boolean {
  return owners.guildId === null && owners.userId !== null;
}

/** The ids of the person's roles on this server; without the Guilds intent they come raw. */
export function readRoleIds(interaction: Pick<BaseInteraction, 'member'>): string[] {
  const roles = interaction.member?.roles ?? [];
  return Array.isArray(roles) ? roles : [...roles.cache.keys()];
}
