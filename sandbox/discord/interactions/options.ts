/** What a person filled in, held against the command as it is registered. */
import type { APIApplicationCommandOption } from 'discord-api-types/v10';
import { NotPossible } from '../api-error.ts';
import type { Command, OptionValue } from '../interface.ts';
import type { Resolver } from './resolved.ts';

const Type = {
  subcommand: 1,
  group: 2,
  string: 3,
  integer: 4,
  boolean: 5,
  user: 6,
  channel: 7,
  role: 8,
  mentionable: 9,
  number: 10,
  attachment: 11,
} as const;

/** One option of an interaction's data. */
export interface GivenOption {
  name: string;
  type: number;
  value?: OptionValue;
  focused?: true;
  options?: GivenOption[];
}

/** Text that an option without its own bound may have. */
const MAX_TEXT = 6_000;

/**
 * The interaction's `options`. Throws `NotPossible` where Discord's client would not have sent
 * them. With `focused` (autocomplete) nothing has to be complete yet.
 */
export function fillOptions(
  command: Command,
  input: { path: readonly string[]; options: Record<string, OptionValue>; focused: string | null },
  resolver: Resolver,
): GivenOption[] {
  return fill(command.options ?? [], input, resolver);
}

function fill(
  defined: readonly APIApplicationCommandOption[],
  input: { path: readonly string[]; options: Record<string, OptionValue>; focused: string | null },
  resolver: Resolver,
): GivenOption[] {
  const nested = defined.filter(({ type }) => type === Type.subcommand || type === Type.group);
  if (nested.length > 0) {
    const [name, ...path] = input.path;
    const chosen = nested.find((option) => option.name === name);
    if (!chosen) {
      throw new NotPossible(`say which subcommand: ${nested.map((one) => one.name).join(', ')}`);
    }
    const inner = 'options' in chosen ? (chosen.options ?? []) : [];
    return [
      { name: chosen.name, type: chosen.type, options: fill(inner, { ...input, path }, resolver) },
    ];
  }
  if (input.path.length > 0) throw new NotPossible(`there is no subcommand "${input.path[0]}"`);
  const names = defined.map((option) => option.name);
  for (const name of [...Object.keys(input.options), ...(input.focused ? [input.focused] : [])]) {
    if (names.includes(name)) continue;
    throw new NotPossible(
      `there is no option "${name}" (there are: ${names.join(', ') || 'none'})`,
    );
  }
  return defined.flatMap((option): GivenOption[] => {
    const value = input.options[option.name];
    if (input.focused === option.name) {
      if (!('autocomplete' in option && option.autocomplete)) {
        throw new NotPossible(`the option "${option.name}" does not complete`);
      }
      return [{ name: option.name, type: option.type, value: value ?? '', focused: true }];
    }
    if (value === undefined) {
      if (option.required && input.focused === null) {
        throw new NotPossible(`the option "${option.name}" is required`);
      }
      return [];
    }
    checkValue(option, value, resolver);
    return [{ name: option.name, type: option.type, value }];
  });
}

function checkValue(
  option: APIApplicationCommandOption,
  value: OptionValue,
  resolver: Resolver,
): void {
  const refusal = (why: string) => new NotPossible(`the option "${option.name}" ${why}`);
  const choices = 'choices' in option ? (option.choices ?? []) : [];
  if (choices.length > 0 && !choices.some((choice) => choice.value === value)) {
    throw refusal(
      `takes one of ${choices.map((choice) => JSON.stringify(choice.value)).join(', ')}`,
    );
  }
  switch (option.type) {
    case Type.string: {
      if (typeof value !== 'string') throw refusal('takes a text');
      const length = [...value].length;
      const { min_length: min = 0, max_length: max = MAX_TEXT } = option;
      if (length === 0) throw refusal('must not be empty');
      if (length < min || length > max)
        throw refusal(`takes ${min} to ${max} characters, not ${length}`);
      return;
    }
    case Type.integer:
    case Type.number: {
      const whole = option.type === Type.integer;
      if (typeof value !== 'number' || (whole && !Number.isInteger(value))) {
        throw refusal(whole ? 'takes a whole number' : 'takes a number');
      }
      const { min_value: min = -(2 ** 53), max_value: max = 2 ** 53 } = option;
      if (value < min || value > max) throw refusal(`takes ${min} to ${max}`);
      return;
    }
    case Type.boolean:
      if (typeof value !== 'boolean') throw refusal('takes true or false');
      return;
    case Type.user:
      resolver.user(String(value));
      return;
    case Type.channel:
      resolver.channel(String(value));
      return;
    case Type.role:
      resolver.role(String(value));
      return;
    case Type.mentionable:
      resolver.mentionable(String(value));
      return;
    case Type.attachment:
      resolver.attachment(String(value));
      return;
    default:
      throw refusal('is of a type that the local Discord does not know');
  }
}
