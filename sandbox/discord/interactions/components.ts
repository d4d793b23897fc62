/** Clicking what stands on a message. */
import { NotPossible } from '../api-error.ts';
import { type ComponentBody, walkComponents } from '../checks/message.ts';
import type { State, StoredMessage } from '../model.ts';
import type { Resolver } from './resolved.ts';

const BUTTON = 2;
const STRING_SELECT = 3;
const SELECTS = [3, 5, 6, 7, 8];

/** A message that this user sees. Throws `NotPossible`. */
export function visibleMessage(state: State, userId: string, messageId: string): StoredMessage {
  const message = state.messages.get(messageId);
  if (!message) throw new NotPossible(`there is no message ${messageId}`);
  if (message.visibleTo !== null && message.visibleTo !== userId) {
    throw new NotPossible('only somebody else sees this message');
  }
  return message;
}

/** The component of the message, if it can be used now. Throws `NotPossible`. */
export function findComponent(
  message: StoredMessage,
  kind: 'button' | 'select',
  customId: string,
): ComponentBody {
  const ids: string[] = [];
  let found: ComponentBody | undefined;
  walkComponents(message.components as unknown as ComponentBody[], [], (component) => {
    if (component.custom_id === undefined) return;
    ids.push(component.custom_id);
    if (component.custom_id === customId) found = component;
  });
  if (!found) {
    throw new NotPossible(`the message has no "${customId}" (it has: ${ids.join(', ') || 'none'})`);
  }
  const fits = kind === 'button' ? found.type === BUTTON : SELECTS.includes(found.type);
  if (!fits) throw new NotPossible(`"${customId}" is no ${kind}`);
  if (found.disabled) throw new NotPossible(`"${customId}" is disabled`);
  return found;
}

/** Holds chosen values against a select of a message or a modal. Throws `NotPossible`. */
export function checkChosen(
  select: ComponentBody,
  values: readonly string[],
  resolver: Resolver,
): void {
  const name = `"${select.custom_id}"`;
  const { min_values: min = 1, max_values: max = 1 } = select;
  // In a modal a field that is not required may be left empty.
  const optional = select.required === false && values.length === 0;
  if (!optional && (values.length < min || values.length > max)) {
    throw new NotPossible(`${name} takes ${min} to ${max} values, not ${values.length}`);
  }
  for (const value of values) {
    if (select.options !== undefined || select.type === STRING_SELECT) {
      if (select.options?.some((option) => option.value === value)) continue;
      throw new NotPossible(`${name} has no value "${value}"`);
    }
    if (select.type === 5) resolver.user(value);
    else if (select.type === 6) resolver.role(value);
    else if (select.type === 7) resolver.mentionable(value);
    else if (select.type === 8) resolver.channel(value);
  }
}
