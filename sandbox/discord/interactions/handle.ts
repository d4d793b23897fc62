import { whenFound } from '../events.ts';
import type { Acknowledgement, InteractionHandle, Message } from '../interface.ts';
import type { State, StoredInteraction } from '../model.ts';
import { renderMessage } from '../render/message.ts';

/** What the person who did it sees of an interaction. Everything is read anew when asked. */
export function createHandle(state: State, interaction: StoredInteraction): InteractionHandle {
  const shown = (id: string | null): Message | null => {
    const message = id === null ? undefined : state.messages.get(id);
    return message ? renderMessage(state, message) : null;
  };
  const acknowledged = acknowledgementOf(state, interaction);
  // A test that does not look at it must not die of it.
  acknowledged.catch(() => {});

  return {
    id: interaction.id,
    token: interaction.token,
    acknowledged,
    response: () => shown(interaction.originalId),
    followups: () => interaction.followupIds.flatMap((id) => shown(id) ?? []),
    modal: () => interaction.modal,
    choices: () => interaction.choices,
    when: (look, options) => whenFound(state.events, ['message', 'interaction'], look, options),
  };
}

function acknowledgementOf(state: State, interaction: StoredInteraction): Promise<Acknowledgement> {
  return new Promise((resolve, reject) => {
    const look = (): boolean => {
      if (interaction.acknowledgement) resolve(interaction.acknowledgement);
      else if (interaction.state === 'failed') {
        reject(new Error('the application did not respond in time'));
      }
      return interaction.state !== 'waiting';
    };
    if (look()) return;
    const stop = state.events.on('interaction', ({ id }) => {
      if (id === interaction.id && look()) stop();
    });
  });
}
