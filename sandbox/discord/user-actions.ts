/** What the people of the world do: give files, use the bot, write and delete messages. */
import { createReadStream } from 'node:fs';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { NotPossible } from './api-error.ts';
import { type Gateway, MESSAGE_INTENTS } from './gateway/server.ts';
import { resolveActor } from './interactions/availability.ts';
import { createInteraction } from './interactions/create.ts';
import { createHandle } from './interactions/handle.ts';
import type { FileInput, LocalDiscord } from './interface.ts';
import { blankMessage, type Upload, write } from './messages.ts';
import type { State } from './model.ts';
import { channelPermissions, has, sendPermission } from './permissions.ts';
import { renderAttachment, renderMessage } from './render/message.ts';

/** Of a message that a person writes. */
const MAX_CONTENT_CHARACTERS = 2_000;

/** The part of `LocalDiscord` that people do. */
export interface UserActions extends Pick<LocalDiscord, 'upload' | 'interact' | 'post' | 'remove'> {
  close(): void;
}

/** Wires people to the store, and what they do to the gateway. */
export function createUserActions(state: State, gateway: Gateway): UserActions {
  const deadlines = new Set<NodeJS.Timeout>();

  // Everyone's messages go to the clients that asked to hear of them.
  const stop = state.events.on('message', ({ change, message, visibleTo }) => {
    // Ephemeral messages never pass over the gateway.
    if (visibleTo !== null) return;
    const channel = state.channel(message.channel_id);
    if (!channel || channel.kind === 'private') return;
    const guildId = channel.kind === 'guild' ? channel.guildId : null;
    if (guildId !== null && !state.guild(guildId)?.installedApp) return;
    const place = guildId === null ? {} : { guild_id: guildId };
    const payload =
      change === 'delete'
        ? { id: message.id, channel_id: message.channel_id, ...place }
        : { ...message, ...place };
    const intent = guildId === null ? MESSAGE_INTENTS.direct : MESSAGE_INTENTS.guild;
    gateway.dispatch(`MESSAGE_${change.toUpperCase()}`, payload, guildId, intent);
  });

  const put = (file: FileInput, folder: string) =>
    state.files.put({
      name: file.name,
      contentType: file.contentType,
      content: typeof file.bytes === 'string' ? createReadStream(file.bytes) : file.bytes,
      folder,
    });

  return {
    async upload(userId, file) {
      if (!state.user(userId)) throw new NotPossible(`nobody has the id ${userId}`);
      const entry = await put(file, `/ephemeral-attachments/${state.world.application.id}`);
      return renderAttachment(state, entry, null, true);
    },

    async interact(input) {
      const { interaction, payload } = createInteraction(state, input);
      state.saveInteraction(interaction);
      const handle = createHandle(state, interaction);
      // By the real clock: the client's own patience does not follow an injected one.
      const deadline = setTimeout(() => {
        deadlines.delete(deadline);
        if (interaction.state !== 'waiting') return;
        interaction.state = 'failed';
        state.saveInteraction(interaction);
      }, state.settings.acknowledgeWithinMs);
      deadline.unref();
      deadlines.add(deadline);
      // With no client connected nothing hears it, and the person sees it fail after 3 seconds.
      gateway.dispatch('INTERACTION_CREATE', payload, interaction.guildId);
      return handle;
    },

    async post({ userId, channelId, content = '', files = [], parts = {} }) {
      const { permissions, channel } = resolveActor(state, userId, channelId);
      if (!has(permissions, sendPermission(channel))) {
        throw new NotPossible('they may not write in this channel');
      }
      const length = [...content].length;
      if (length > MAX_CONTENT_CHARACTERS) {
        throw new NotPossible(
          `a message may have ${MAX_CONTENT_CHARACTERS} characters; this one has ${length}`,
        );
      }
      const uploads = await Promise.all(
        files.map(async (file, index): Promise<Upload> => {
          return { index: String(index), entry: await put(file, `/attachments/${channelId}`) };
        }),
      );
      const blank = blankMessage(state, {
        channelId,
        authorId: userId,
        type: 0,
        interaction: null,
        visibleTo: null,
        repliesTo: null,
        flags: 0,
        parts,
      });
      const written = { body: { content }, uploads, prefix: [], warnings: [] };
      const message = write(state, blank, written, 'create');
      state.saveMessage('create', message);
      return renderMessage(state, message);
    },

    remove(userId, messageId) {
      const message = state.messages.get(messageId);
      if (!message) throw new NotPossible(`there is no message ${messageId}`);
      const channel = state.channel(message.channelId);
      const permissions = channel ? channelPermissions(state.world, channel, userId) : 0n;
      const may =
        message.visibleTo === null
          ? message.authorId === userId || has(permissions, PermissionFlagsBits.ManageMessages)
          : message.visibleTo === userId;
      if (!may) throw new NotPossible('they may not delete this message');
      state.deleteMessage(messageId);
    },

    close() {
      stop();
      for (const deadline of deadlines) clearTimeout(deadline);
    },
  };
}
