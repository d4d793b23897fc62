/** Sending a form: what was filled in, held against the modal that the bot opened. */
import { NotPossible } from '../api-error.ts';
import { type ComponentBody, walkComponents } from '../checks/message.ts';
import type { Modal } from '../interface.ts';
import { checkChosen } from './components.ts';
import type { Resolver } from './resolved.ts';

const Type = {
  actionRow: 1,
  textInput: 4,
  textDisplay: 10,
  label: 18,
  fileUpload: 19,
  radioGroup: 21,
  checkboxGroup: 22,
  checkbox: 23,
} as const;

type Fields = Record<string, string | string[] | boolean>;

/** The interaction's `components`. Throws `NotPossible`, naming the field. */
export function fillModal(modal: Modal, fields: Fields, resolver: Resolver): unknown[] {
  const components = modal.components as unknown as ComponentBody[];
  const ids: string[] = [];
  walkComponents(components, [], ({ custom_id: id }) => void (id !== undefined && ids.push(id)));
  for (const name of Object.keys(fields)) {
    if (ids.includes(name)) continue;
    throw new NotPossible(`the form has no "${name}" (it has: ${ids.join(', ')})`);
  }
  return components.map(({ type, id, components: inner, component }) => {
    if (type === Type.label && component) {
      return { type, id, component: fillField(component, fields, resolver) };
    }
    if (type === Type.actionRow) {
      return { type, id, components: inner?.map((field) => fillField(field, fields, resolver)) };
    }
    return { type, id };
  });
}

function fillField(field: ComponentBody, fields: Fields, resolver: Resolver) {
  const { type, id, custom_id = '' } = field;
  const given = fields[custom_id];
  const base = { type, id, custom_id };
  const name = `"${custom_id}"`;
  switch (type) {
    case Type.textInput:
      // What the bot put in stays, unless the person changed it.
      return { ...base, value: checkText(field, given ?? field.value ?? '') };
    case Type.checkbox:
      return { ...base, value: given === true };
    case Type.radioGroup: {
      const chosen = given ?? field.options?.find((option) => option.default)?.value ?? null;
      if (chosen === null && field.required !== false) throw new NotPossible(`${name} is required`);
      if (chosen !== null) checkChosen(field, [String(chosen)], resolver);
      return { ...base, value: chosen };
    }
    case Type.fileUpload: {
      const values = listOf(given);
      const { min_values: min = 1, max_values: max = 1 } = field;
      const optional = field.required === false && values.length === 0;
      if (!optional && (values.length < min || values.length > max)) {
        throw new NotPossible(`${name} takes ${min} to ${max} files, not ${values.length}`);
      }
      for (const value of values) resolver.attachment(value);
      return { ...base, values };
    }
    default: {
      const preset = field.options?.filter((option) => option.default).map(({ value }) => value);
      const values = given === undefined ? (preset ?? []) : listOf(given);
      const bounds =
        type === Type.checkboxGroup
          ? { ...field, max_values: field.max_values ?? field.options?.length ?? 1 }
          : field;
      checkChosen(bounds, values, resolver);
      return { ...base, values };
    }
  }
}

function checkText(field: ComponentBody, given: string | string[] | boolean): string {
  const name = `"${field.custom_id}"`;
  if (typeof given !== 'string') throw new NotPossible(`${name} takes a text`);
  const length = [...given].length;
  if (length === 0 && field.required !== false) throw new NotPossible(`${name} is required`);
  const { min_length: min = 0, max_length: max = 4_000 } = field;
  if (length > 0 && (length < min || length > max)) {
    throw new NotPossible(`${name} takes ${min} to ${max} characters, not ${length}`);
  }
  return given;
}

function listOf(given: string | string[] | boolean | undefined): string[] {
  if (Array.isArray(given)) return given;
  return typeof given === 'string' && given !== '' ? [given] : [];
}
