/** A stored message as the API shows it, with freshly signed addresses. */
import type { APIAttachment, APIEmbed, APIMessage } from 'discord-api-types/v10';
import type { FileEntry } from '../files.ts';
import type { State, StoredInteraction, StoredMessage } from '../model.ts';
import { renderUser } from './places.ts';

const FILE_REFERENCE = 'file:';

/** How an embed's picture is stored when it is a file of ours. */
export function fileReference(fileId: string): string {
  return `${FILE_REFERENCE}${fileId}`;
}

function referencedFile(url: string | undefined): string | null {
  return url?.startsWith(FILE_REFERENCE) ? url.slice(FILE_REFERENCE.length) : null;
}

/** Ids of the files that the embeds show. */
function embeddedFileIds(message: StoredMessage): Set<string> {
  const urls = message.embeds.flatMap((embed) => [
    embed.image?.url,
    embed.thumbnail?.url,
    embed.footer?.icon_url,
    embed.author?.icon_url,
  ]);
  return new Set(urls.map(referencedFile).filter((id) => id !== null));
}

function addresses(state: State, file: FileEntry) {
  return {
    url: state.signer.sign(state.origin, file.urlPath),
    // Discord's media proxy is another host with the same path; here it is another folder.
    proxy_url: state.signer.sign(`${state.origin}/media`, file.urlPath),
  };
}

/** `ephemeral` marks what people gave to commands and what stands on ephemeral messages. */
export function renderAttachment(
  state: State,
  file: FileEntry,
  description: string | null = null,
  ephemeral = false,
): APIAttachment {
  return {
    id: file.id,
    filename: file.name,
    size: file.size,
    ...addresses(state, file),
    content_type: file.contentType,
    ...(file.width === null || file.height === null
      ? {}
      : { width: file.width, height: file.height }),
    ...(description === null ? {} : { description }),
    ...(ephemeral ? { ephemeral: true } : {}),
  };
}

function renderPicture<Picture extends { url: string }>(state: State, picture: Picture): Picture {
  const id = referencedFile(picture.url);
  const file = id === null ? null : state.files.get(id);
  if (!file) return { ...picture, proxy_url: picture.url };
  return {
    ...picture,
    ...addresses(state, file),
    width: file.width ?? 0,
    height: file.height ?? 0,
    content_type: file.contentType,
    flags: 0,
  };
}

function renderIcon<Part extends { icon_url?: string | undefined }>(
  state: State,
  part: Part,
): Part {
  if (part.icon_url === undefined) return part;
  const { url, proxy_url } = renderPicture(state, { url: part.icon_url, proxy_url: '' });
  return { ...part, icon_url: url, proxy_icon_url: proxy_url };
}

function renderEmbed(state: State, embed: APIEmbed): APIEmbed {
  return {
    ...embed,
    ...(embed.image ? { image: renderPicture(state, embed.image) } : {}),
    ...(embed.thumbnail ? { thumbnail: renderPicture(state, embed.thumbnail) } : {}),
    ...(embed.footer ? { footer: renderIcon(state, embed.footer) } : {}),
    ...(embed.author ? { author: renderIcon(state, embed.author) } : {}),
  };
}

/** Every file of the message in its order, whether listed or shown by an embed. */
export function renderFiles(state: State, message: StoredMessage): APIAttachment[] {
  return message.files.flatMap(({ fileId, description }) => {
    const file = state.files.get(fileId);
    return file ? [renderAttachment(state, file, description, message.visibleTo !== null)] : [];
  });
}

function renderMetadata(state: State, interaction: StoredInteraction, message: StoredMessage) {
  const user = state.user(interaction.userId);
  const opener =
    interaction.openerId === null ? undefined : state.interactions.get(interaction.openerId);
  const { originalId, sourceMessageId } = interaction;
  return {
    id: interaction.id,
    type: interaction.type,
    ...(user ? { user: renderUser(user) } : {}),
    authorizing_integration_owners: interaction.owners,
    ...(interaction.commandName === null ? {} : { name: interaction.commandName }),
    ...(originalId !== null && originalId !== message.id
      ? { original_response_message_id: originalId }
      : {}),
    ...(interaction.type === 3 && sourceMessageId !== null
      ? { interacted_message_id: sourceMessageId }
      : {}),
    ...(opener ? { triggering_interaction_metadata: metadataOf(state, opener, message) } : {}),
  };
}

function metadataOf(state: State, interaction: StoredInteraction, message: StoredMessage): unknown {
  return renderMetadata(state, interaction, message);
}

/**
 * Discord leaves a file that an embed shows by `attachment://` out of `attachments`
 * (discord-api-docs, issues 1340 and 4809), though it is still the message's file.
 */
export function renderMessage(state: State, message: StoredMessage): APIMessage {
  const author = state.user(message.authorId);
  const embedded = embeddedFileIds(message);
  const channel = state.channel(message.channelId);
  const interaction =
    message.interactionId === null ? undefined : state.interactions.get(message.interactionId);
  const repliedTo = message.repliesTo === null ? undefined : state.messages.get(message.repliesTo);
  const mentions = message.mentionIds.flatMap((id) => state.user(id) ?? []).map(renderUser);
  const rendered = {
    id: message.id,
    channel_id: message.channelId,
    type: message.type,
    content: message.content,
    author: author ? renderUser(author) : null,
    timestamp: apiTime(message.createdAt),
    edited_timestamp: message.editedAt === null ? null : apiTime(message.editedAt),
    tts: message.tts,
    mention_everyone: message.mentionsEveryone,
    mentions,
    mention_roles: [],
    attachments: renderFiles(state, message).filter((file) => !embedded.has(file.id)),
    embeds: message.embeds.map((embed) => renderEmbed(state, embed)),
    components: message.components,
    pinned: false,
    flags: message.flags,
    ...(message.nonce === null ? {} : { nonce: message.nonce }),
    ...(author?.bot ? { application_id: state.world.application.id } : {}),
    ...(message.repliesTo === null
      ? {}
      : {
          message_reference: {
            type: 0,
            message_id: message.repliesTo,
            channel_id: message.channelId,
            ...(channel?.kind === 'guild' ? { guild_id: channel.guildId } : {}),
          },
          // One step only: Discord does not nest the message of the message either.
          referenced_message: repliedTo
            ? renderMessage(state, { ...repliedTo, repliesTo: null })
            : null,
        }),
    ...(interaction
      ? {
          webhook_id: state.world.application.id,
          interaction_metadata: renderMetadata(state, interaction, message),
        }
      : {}),
    ...message.parts,
  };
  return rendered as unknown as APIMessage;
}

/** Discord's way to write a time: microseconds and `+00:00`. */
function apiTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000+00:00');
}
