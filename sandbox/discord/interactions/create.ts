/** From what a person does to the interaction that the bot receives. */
import { randomBytes } from 'node:crypto';
import { PermissionFlagsBits } from 'discord-api-types/v10';
import { NotPossible } from '../api-error.ts';
import type { InteractionInput } from '../interface.ts';
import type { State, StoredInteraction } from '../model.ts';
import { channelPermissions, has } from '../permissions.ts';
import { renderMessage } from '../render/message.ts';
import { renderChannel, renderMember, renderUser } from '../render/places.ts';
import { attachmentLimit } from '../state.ts';
import {
  contextOf,
  findCommand,
  installations,
  type ResolvedActor,
  resolveActor,
} from './availability.ts';
import { checkChosen, findComponent, visibleMessage } from './components.ts';
import { fillModal } from './modal-submit.ts';
import { fillOptions } from './options.ts';
import { createResolver } from './resolved.ts';

/** What an application may always do in a place where only its user installed it. */
const WITHOUT_BOT =
  PermissionFlagsBits.EmbedLinks |
  PermissionFlagsBits.AttachFiles |
  PermissionFlagsBits.UseExternalEmojis |
  PermissionFlagsBits.MentionEveryone;

/** The parts of an interaction that depend on its kind. */
interface Start {
  actor: ResolvedActor;
  /** Discord's interaction type. */
  type: 2 | 3 | 4 | 5;
  data: Record<string, unknown>;
  owners: Record<string, string>;
  commandName: string | null;
  sourceMessageId: string | null;
  openerId: string | null;
}

/** Builds and keeps the interaction, with the payload for the gateway. Throws `NotPossible`. */
export function createInteraction(
  state: State,
  input: InteractionInput,
): { interaction: StoredInteraction; payload: Record<string, unknown> } {
  const start = begin(state, input);
  const { actor, owners } = start;
  const userInstallOnly = owners['0'] === undefined;
  const interaction: StoredInteraction = {
    id: state.nextId(),
    // As long as a real one, about 200 characters in a URL.
    token: randomBytes(96).toString('base64url'),
    type: start.type,
    input,
    userId: actor.user.id,
    channelId: actor.channel.id,
    guildId: actor.guildId,
    commandName: start.commandName,
    createdAt: state.now(),
    agedByMs: 0,
    startedAt: performance.now(),
    state: 'waiting',
    acknowledgement: null,
    originalId: null,
    followupIds: [],
    followupsMade: 0,
    sourceMessageId: start.sourceMessageId,
    openerId: start.openerId,
    modal: null,
    choices: null,
    owners,
    userInstallOnly,
    forcedEphemeral:
      userInstallOnly &&
      actor.guildId !== null &&
      !has(actor.permissions, PermissionFlagsBits.UseExternalApps),
  };
  return { interaction, payload: payloadOf(state, interaction, start) };
}

function begin(state: State, input: InteractionInput): Start {
  switch (input.kind) {
    case 'slash':
    case 'autocomplete': {
      const actor = resolveActor(state, input.userId, input.channelId);
      const [name = '', ...path] = input.command.trim().replace(/^\//, '').split(/\s+/);
      const { command, owners } = findCommand(state, actor, 1, name);
      const resolver = createResolver(state, actor);
      const focused = input.kind === 'autocomplete' ? input.focused : null;
      const options = fillOptions(
        command,
        { path, options: input.options ?? {}, focused },
        resolver,
      );
      return {
        actor,
        type: input.kind === 'slash' ? 2 : 4,
        data: { ...commandData(command), options, ...resolver.result() },
        owners,
        commandName: [command.name, ...path].join(' '),
        ...noSource,
      };
    }
    case 'message-command': {
      const actor = resolveActor(state, input.userId, input.channelId);
      const { command, owners } = findCommand(state, actor, 3, input.command);
      const message = visibleMessage(state, input.userId, input.messageId);
      if (message.visibleTo !== null) {
        throw new NotPossible('an ephemeral message has no application commands');
      }
      if (message.channelId !== input.channelId) {
        throw new NotPossible('the message is in another channel');
      }
      const resolver = createResolver(state, actor);
      resolver.message(message.id);
      return {
        actor,
        type: 2,
        data: { ...commandData(command), target_id: message.id, ...resolver.result() },
        owners,
        commandName: command.name,
        ...noSource,
      };
    }
    case 'user-command': {
      const actor = resolveActor(state, input.userId, input.channelId);
      const { command, owners } = findCommand(state, actor, 2, input.command);
      const resolver = createResolver(state, actor);
      resolver.user(input.targetId);
      return {
        actor,
        type: 2,
        data: { ...commandData(command), target_id: input.targetId, ...resolver.result() },
        owners,
        commandName: command.name,
        ...noSource,
      };
    }
    case 'button':
    case 'select': {
      const message = visibleMessage(state, input.userId, input.messageId);
      if (input.channelId !== undefined && input.channelId !== message.channelId) {
        throw new NotPossible('the message is in another channel');
      }
      const actor = resolveActor(state, input.userId, message.channelId);
      const component = findComponent(message, input.kind, input.customId);
      const resolver = createResolver(state, actor);
      const values = input.kind === 'select' ? input.values : null;
      if (values) checkChosen(component, values, resolver);
      const maker =
        message.interactionId === null ? undefined : state.interactions.get(message.interactionId);
      return {
        actor,
        type: 3,
        data: {
          custom_id: input.customId,
          component_type: component.type,
          id: component.id,
          ...(values ? { values, ...resolver.result() } : {}),
        },
        // A click counts as what the message was made with, whoever clicks.
        owners: maker?.owners ?? installations(state, actor),
        commandName: null,
        sourceMessageId: message.id,
        openerId: null,
      };
    }
    case 'modal': {
      const opener = state.interactions.get(input.interactionId);
      if (!opener?.modal) throw new NotPossible('this interaction opened no form');
      if (opener.userId !== input.userId) throw new NotPossible('somebody else has this form');
      const actor = resolveActor(state, input.userId, opener.channelId);
      const resolver = createResolver(state, actor);
      const components = fillModal(opener.modal, input.fields, resolver);
      return {
        actor,
        type: 5,
        data: { custom_id: opener.modal.custom_id, components, ...resolver.result() },
        // A form acts for whom its opener acted.
        owners: opener.owners,
        commandName: null,
        sourceMessageId: opener.sourceMessageId,
        openerId: opener.id,
      };
    }
  }
}

const noSource = { sourceMessageId: null, openerId: null };

function commandData(command: { id: string; name: string; type: number; guild_id?: string }) {
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
  };
}

function payloadOf(
  state: State,
  interaction: StoredInteraction,
  { actor, data }: Start,
): Record<string, unknown> {
  const { world } = state;
  const { user, channel, permissions } = actor;
  const guild = actor.guildId === null ? null : state.guild(actor.guildId);
  const appPermissions = interaction.userInstallOnly
    ? WITHOUT_BOT
    : channelPermissions(world, channel, world.application.botUserId);
  const source =
    interaction.sourceMessageId === null
      ? undefined
      : state.messages.get(interaction.sourceMessageId);
  return {
    id: interaction.id,
    application_id: world.application.id,
    type: interaction.type,
    version: 1,
    token: interaction.token,
    data,
    channel_id: channel.id,
    channel: renderChannel(world, channel, user.id),
    ...(guild
      ? {
          guild_id: guild.id,
          // No more than this: a client without the Guilds intent learns nothing else of it.
          guild: { id: guild.id, locale: guild.locale, features: [] },
          guild_locale: guild.locale,
          member: { ...renderMember(guild, user), permissions: permissions.toString() },
        }
      : { user: renderUser(user) }),
    ...(source ? { message: renderMessage(state, source) } : {}),
    locale: interaction.input.locale ?? user.locale,
    app_permissions: appPermissions.toString(),
    entitlements: [],
    entitlement_sku_ids: [],
    authorizing_integration_owners: interaction.owners,
    context: contextOf(channel),
    attachment_size_limit:
      state.settings.announcedAttachmentSizeLimit ?? attachmentLimit(state, actor.guildId),
  };
}
