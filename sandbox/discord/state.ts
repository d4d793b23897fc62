/**
 * The one store of everything that happens in the local Discord, and the only place that tells
 * about it. Routes, gateway and people read and change it through these functions.
 */

import { DEFAULT_SETTINGS, type DiscordSettings, MIB } from './controls.ts';
import { createEventHub } from './events.ts';
import type { DiscordEvents } from './interface.ts';
import type { State, StoredMessage } from './model.ts';
import { renderMessage } from './render/message.ts';

/** An empty store around the given world. */
export function createState(
  deps: Pick<State, 'world' | 'now' | 'settings' | 'files' | 'signer' | 'nextId'>,
): State {
  const idsByToken = new Map<string, string>();

  const state: State = {
    ...deps,
    events: createEventHub<DiscordEvents>(),
    origin: '',
    messages: new Map(),
    interactions: new Map(),
    globalCommands: [],
    guildCommands: new Map(),

    user: (id) => deps.world.users.find((one) => one.id === id) ?? null,
    guild: (id) => deps.world.guilds.find((one) => one.id === id) ?? null,
    channel: (id) => deps.world.channels.find((one) => one.id === id) ?? null,
    interactionByToken(token) {
      const id = idsByToken.get(token);
      return (id !== undefined && state.interactions.get(id)) || null;
    },
    saveMessage(change, message) {
      state.messages.set(message.id, message);
      tell(change, message);
    },
    deleteMessage(id) {
      const message = state.messages.get(id);
      if (!message) return;
      state.messages.delete(id);
      tell('delete', message);
    },
    saveInteraction(interaction) {
      state.interactions.set(interaction.id, interaction);
      idsByToken.set(interaction.token, interaction.id);
      state.events.emit('interaction', {
        id: interaction.id,
        state: interaction.state === 'waiting' ? 'created' : interaction.state,
        kind: interaction.input.kind,
        userId: interaction.userId,
        type: interaction.acknowledgement?.type ?? null,
        afterMs: interaction.acknowledgement?.afterMs ?? null,
      });
    },
    setCommands(guildId, commands) {
      if (guildId === null) state.globalCommands = commands;
      else state.guildCommands.set(guildId, commands);
      state.events.emit('commands', { guildId, commands });
    },
  };

  function tell(change: 'create' | 'update' | 'delete', message: StoredMessage) {
    state.events.emit('message', {
      change,
      message: renderMessage(state, message),
      visibleTo: message.visibleTo,
      interactionId: message.interactionId,
    });
  }
  return state;
}

/** The defaults, in an object of their own that may be changed. */
export function freshSettings(): DiscordSettings {
  return structuredClone(DEFAULT_SETTINGS);
}

/** Bytes that one file may have in this place, as it is enforced. */
export function attachmentLimit(state: State, guildId: string | null): number {
  const override = state.settings.attachmentSizeLimit;
  if (override !== null) return override;
  // Discord's default outside of guilds is the one of an unboosted guild: 20 MiB.
  return (guildId === null ? null : state.guild(guildId)?.attachmentSizeLimit) ?? 20 * MIB;
}
