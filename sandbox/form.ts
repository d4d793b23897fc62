import { ComponentType } from 'discord-api-types/v10';
import type { InteractionHandle, LocalDiscord, Modal } from './discord/local-discord.ts';

/** A field of a form that a line of text can fill. */
interface Field {
  customId: string;
  label: string;
  required: boolean;
}

/** Fills the forms that a bot opens, one line for each text field. */
export interface Forms {
  /** Whether the next line belongs to a form. */
  waiting(): boolean;
  open(interactionId: string, userId: string, modal: Modal): void;
  /** Takes a line; gives the new interaction when it was the last field, else null. */
  answer(line: string): Promise<InteractionHandle | null>;
}

export function createForms(discord: LocalDiscord, print: (text: string) => void): Forms {
  let open: {
    interactionId: string;
    userId: string;
    left: Field[];
    fields: Record<string, string>;
  } | null = null;

  const askNext = (): void => {
    const field = open?.left[0];
    if (field === undefined) return;
    print(`${field.label}${field.required ? '' : ' (optional, "-" leaves it out)'}:`);
  };

  return {
    waiting: () => open !== null,
    open: (interactionId, userId, modal) => {
      print(`A form opens: ${modal.title}`);
      open = { interactionId, userId, left: textFieldsOf(modal), fields: {} };
      if (open.left.length === 0) print('It has no field for text; any line sends it.');
      askNext();
    },
    answer: async (line) => {
      if (open === null) return null;
      const field = open.left.shift();
      if (field !== undefined && line !== '-') open.fields[field.customId] = line;
      if (open.left.length > 0) {
        askNext();
        return null;
      }
      const { interactionId, userId, fields } = open;
      open = null;
      return await discord.interact({ kind: 'modal', interactionId, userId, fields });
    },
  };
}

/** Text inputs, in rows (as older bots send them) or under labels. */
function textFieldsOf(modal: Modal): Field[] {
  return modal.components.flatMap((component): Field[] => {
    if (component.type === ComponentType.Label) {
      const input = component.component;
      if (input.type !== ComponentType.TextInput) return [];
      return [
        { customId: input.custom_id, label: component.label, required: input.required !== false },
      ];
    }
    if (component.type !== ComponentType.ActionRow) return [];
    return component.components.map((input) => {
      return {
        customId: input.custom_id,
        label: input.label ?? '',
        required: input.required !== false,
      };
    });
  });
}
