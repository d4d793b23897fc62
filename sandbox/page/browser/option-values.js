/** Commands as a person fills them in: what there is to type, and what the typed text means. */
import { entitiesOf } from './entities.js';

/** @import { Command, Item, Offer, Option, Store } from './types.d.ts' */

/** Discord's option types. */
export const OptionType = /** @type {const} */ ({
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
});

const SLASH_COMMAND = 1;
const ENTITIES = /** @type {Record<number, string[]>} */ ({
  6: ['user'],
  7: ['channel'],
  8: ['role'],
  9: ['user', 'role'],
});

/** Every slash command, its subcommands each by itself. @param {Command[]} commands @returns {Offer[]} */
export function offersOf(commands) {
  return commands
    .filter(({ type }) => type === SLASH_COMMAND)
    .flatMap((command) =>
      leaves(command.name, command.description, /** @type {Option[]} */ (command.options ?? [])),
    )
    .sort((one, other) => one.path.localeCompare(other.path));
}

/** @param {string} path @param {string} description @param {Option[]} options @returns {Offer[]} */
function leaves(path, description, options) {
  const inner = options.filter(
    ({ type }) => type === OptionType.subcommand || type === OptionType.group,
  );
  if (inner.length === 0) {
    const sorted = options.toSorted(
      (one, other) => Number(other.required === true) - Number(one.required === true),
    );
    return [{ path, description, options: sorted }];
  }
  return inner.flatMap((option) =>
    leaves(`${path} ${option.name}`, option.description, option.options ?? []),
  );
}

/** What can be picked for an option; null when it takes free text. @param {Option} option @param {Store} store @returns {Item[] | null} */
export function choicesOf(option, store) {
  if (option.choices?.length) {
    return option.choices.map(({ name, value }) => ({ label: name, value: String(value) }));
  }
  if (option.type === OptionType.boolean) {
    return ['True', 'False'].map((label) => ({ label, value: label.toLowerCase() }));
  }
  const kinds = ENTITIES[option.type];
  return kinds?.flatMap((kind) => entitiesOf(kind, store, option.channel_types)) ?? null;
}

/** In words, for a line below the name. @param {Option} option */
export function typeText(option) {
  const names = {
    4: 'whole number',
    5: 'true or false',
    6: 'member',
    7: 'channel',
    8: 'role',
    9: 'member or role',
    10: 'number',
    11: 'file',
  };
  return (
    names[/** @type {keyof typeof names} */ (option.type)] ??
    (option.choices?.length ? 'choice' : 'text')
  );
}

/**
 * What is sent for the text of an option, or why it cannot be.
 * @param {Option} option
 * @param {string} text
 * @param {string | null} picked the value behind the text, where it was picked from a list
 * @param {Store} store
 * @returns {{ value: string | number | boolean } | { problem: string }}
 */
export function readOption(option, text, picked, store) {
  const typed = text.trim();
  if (typed === '') return { problem: 'Fill this option in, or take it away with Backspace' };
  const numeric = option.type === OptionType.integer || option.type === OptionType.number;
  const choices = choicesOf(option, store);
  if (choices !== null) {
    const same = (/** @type {string} */ one) =>
      one.replace(/^[@#]/, '').toLowerCase() === typed.replace(/^[@#]/, '').toLowerCase();
    const choice =
      choices.find(({ value }) => value === picked) ??
      choices.find(({ label, value }) => same(label) || same(value));
    if (choice === undefined) return { problem: 'Choose one of the list' };
    if (option.type === OptionType.boolean) return { value: choice.value === 'true' };
    return { value: numeric ? Number(choice.value) : choice.value };
  }
  if (numeric) {
    const value = Number(picked ?? typed);
    if (Number.isNaN(value)) return { problem: 'This takes a number' };
    if (option.type === OptionType.integer && !Number.isInteger(value))
      return { problem: 'This takes a whole number' };
    const { min_value: min = Number.NEGATIVE_INFINITY, max_value: max = Number.POSITIVE_INFINITY } =
      option;
    return value < min || value > max
      ? { problem: `This takes a number from ${min} to ${max}` }
      : { value };
  }
  const length = [...typed].length;
  const { min_length: min = 1, max_length: max = 6_000 } = option;
  if (length < min || length > max)
    return { problem: `This takes ${min} to ${max} characters, not ${length}` };
  return { value: picked ?? typed };
}

/**
 * Reads what was typed or pasted after a command's name: `prompt:a fox ratio:16:9`. A value goes on
 * until the next name of an option.
 * @param {string} text
 * @param {Option[]} options
 * @returns {{ name: string, text: string }[]}
 */
export function splitOptions(text, options) {
  /** @type {{ name: string, text: string }[]} */
  const given = [];
  for (const word of text.split(/(?<=\s)/)) {
    const name = /^([\w-]+):/.exec(word)?.[1];
    const known =
      options.some((option) => option.name === name) && !given.some((one) => one.name === name);
    const last = given.at(-1);
    if (name !== undefined && known) given.push({ name, text: word.slice(name.length + 1) });
    else if (last !== undefined) last.text += word;
  }
  return given.map((one) => ({ ...one, text: one.text.trimEnd() }));
}
