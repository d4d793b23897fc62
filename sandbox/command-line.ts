import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10';
import type { Command, OptionValue } from './discord/local-discord.ts';
import { quoted, shellSplit } from './shell-split.ts';

/** A line that no person could send in Discord; the message says what there is instead. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** A command as a person would have sent it. */
export interface ParsedCommand {
  /** With a subcommand, the words joined by blanks. */
  command: string;
  options: Record<string, OptionValue>;
  /** Paths by the name of the attachment option that they are for. */
  attachments: Record<string, string>;
}

/** Finds the id of a user, channel or role by its name; null when there is none. */
export type FindByName = (kind: 'user' | 'channel' | 'role', name: string) => string | null;

type Option = NonNullable<Command['options']>[number];

const Type = ApplicationCommandOptionType;

/**
 * Reads a line such as `/imagine prompt:"a red fox" ratio:16:9` against the registered commands.
 * An unquoted value goes on until the next word that looks like an option, as in Discord.
 *
 * @throws CommandLineError when Discord's client would not let it be sent.
 */
export function parseCommandLine(
  line: string,
  commands: readonly Command[],
  attachments: Readonly<Record<string, string>>,
  findByName: FindByName = () => null,
): ParsedCommand {
  const words = split(line);
  const name = words.shift()?.text.replace(/^\//, '') ?? '';
  const slash = commands.filter(({ type }) => type === ApplicationCommandType.ChatInput);
  const found = slash.find((command) => command.name === name);
  if (found === undefined) {
    const known = slash.map((command) => `/${command.name}`).join(', ') || 'none';
    throw new CommandLineError(`There is no command "/${name}". Commands: ${known}.`);
  }
  let path = found.name;
  let options: readonly Option[] = found.options ?? [];
  while (options.some(isGroup)) {
    const next = words.shift()?.text;
    const group = options.filter(isGroup).find((option) => option.name === next);
    if (group === undefined) {
      const known = options.map((option) => option.name).join(', ');
      throw new CommandLineError(`"/${path}" goes on with one of: ${known}.`);
    }
    path += ` ${group.name}`;
    options = group.options ?? [];
  }
  const given = groupByOption(words, options, path);
  checkAttachments(attachments, options, path);
  const missing = options.filter(
    (option) =>
      isRequired(option) && !given.has(option.name) && !Object.hasOwn(attachments, option.name),
  );
  if (missing.length > 0) {
    throw new CommandLineError(
      `"/${path}" needs ${missing.map(howToGive).join(' and ')}. ${describeOptions(options)}`,
    );
  }
  const values: Record<string, OptionValue> = {};
  for (const option of options) {
    const text = given.get(option.name);
    if (text !== undefined) values[option.name] = readValue(option, text, findByName);
  }
  return { command: path, options: values, attachments: { ...attachments } };
}

function split(line: string): ReturnType<typeof shellSplit> {
  try {
    return shellSplit(line);
  } catch (error) {
    throw new CommandLineError((error as Error).message);
  }
}

function groupByOption(
  words: ReturnType<typeof shellSplit>,
  options: readonly Option[],
  path: string,
): Map<string, string> {
  const given = new Map<string, string>();
  let current: string | null = null;
  for (const word of words) {
    const start = /^([\w-]+):/.exec(word.bare)?.[1];
    // A word with a colon that was quoted as a whole is text, and so is a number's ("16:9").
    const named = options.find((option) => option.name === start);
    if (named !== undefined) {
      if (given.has(named.name)) {
        throw new CommandLineError(`The option "${named.name}" is given twice.`);
      }
      current = named.name;
      given.set(current, word.text.slice(current.length + 1));
    } else if (
      start !== undefined &&
      /^[a-z]/i.test(start) &&
      !word.text.startsWith(`${start}://`)
    ) {
      throw new CommandLineError(
        `"/${path}" has no option "${start}". ${describeOptions(options)} (If it is part of a text, put the text in quotes.)`,
      );
    } else if (current === null) {
      throw new CommandLineError(
        `${quoted(word.text)} stands before the first option. ${describeOptions(options)}`,
      );
    } else {
      given.set(current, `${given.get(current)} ${word.text}`.trimStart());
    }
  }
  return given;
}

function checkAttachments(
  attachments: Readonly<Record<string, string>>,
  options: readonly Option[],
  path: string,
): void {
  const known = options.filter(({ type }) => type === Type.Attachment).map(({ name }) => name);
  for (const name of Object.keys(attachments)) {
    if (known.includes(name)) continue;
    const list =
      known.length === 0 ? 'It takes no files.' : `It takes files as: ${known.join(', ')}.`;
    throw new CommandLineError(`"/${path}" takes no file as "${name}". ${list}`);
  }
}

function readValue(option: Option, text: string, findByName: FindByName): OptionValue {
  const choices = 'choices' in option ? (option.choices ?? []) : [];
  if (choices.length > 0) return chosen(option.name, choices, text);
  switch (option.type) {
    case Type.Boolean:
      if (/^(true|yes|on)$/i.test(text)) return true;
      if (/^(false|no|off)$/i.test(text)) return false;
      throw new CommandLineError(
        `The option "${option.name}" is true or false, not ${quoted(text)}.`,
      );
    case Type.Integer:
    case Type.Number: {
      const value = Number(text);
      const fits =
        text !== '' &&
        (option.type === Type.Number ? !Number.isNaN(value) : Number.isInteger(value));
      if (fits) return value;
      throw new CommandLineError(`The option "${option.name}" is a number, not ${quoted(text)}.`);
    }
    case Type.Attachment:
      throw new CommandLineError(
        `The option "${option.name}" is a file: give it with --attach ${option.name}=FILE.`,
      );
    case Type.User:
    case Type.Mentionable:
    case Type.Channel:
    case Type.Role: {
      const kind =
        option.type === Type.Channel ? 'channel' : option.type === Type.Role ? 'role' : 'user';
      const id = findByName(kind, text.replace(/^[@#]/, ''));
      if (id !== null) return id;
      throw new CommandLineError(`There is no ${kind} called ${quoted(text)}.`);
    }
    default:
      return text;
  }
}

/** A choice by its name or value in any case, or by a beginning that fits only one. */
function chosen(
  option: string,
  choices: readonly { name: string; value: string | number }[],
  text: string,
): string | number {
  const wanted = text.toLowerCase();
  const names = ({ name, value }: { name: string; value: string | number }): string[] => [
    name.toLowerCase(),
    String(value).toLowerCase(),
  ];
  const exact = choices.filter((choice) => names(choice).includes(wanted));
  const begun = choices.filter((choice) => names(choice).some((name) => name.startsWith(wanted)));
  const only = exact[0] ?? (begun.length === 1 && wanted !== '' ? begun[0] : undefined);
  if (only !== undefined) return only.value;
  const list = (begun.length > 1 && wanted !== '' ? begun : choices)
    .map(({ name }) => name)
    .join(', ');
  const problem = begun.length > 1 && wanted !== '' ? 'fits several of' : 'is none of';
  throw new CommandLineError(`The option "${option}": ${quoted(text)} ${problem}: ${list}.`);
}

/** The options of a command in one sentence. */
function describeOptions(options: readonly Option[]): string {
  if (options.length === 0) return 'It has no options.';
  const list = options.map((option) => `${option.name}${isRequired(option) ? ' (required)' : ''}`);
  return `Options: ${list.join(', ')}.`;
}

function howToGive(option: Option): string {
  return option.type === Type.Attachment ? `--attach ${option.name}=FILE` : `${option.name}:…`;
}

function isRequired(option: Option): boolean {
  return 'required' in option && option.required === true;
}

function isGroup(option: Option): option is Extract<Option, { options?: unknown }> {
  return option.type === Type.Subcommand || option.type === Type.SubcommandGroup;
}
