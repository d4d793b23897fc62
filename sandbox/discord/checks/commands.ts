/** What Discord refuses when commands are registered. */

import * as spec from 'discord-api-spec/zod';
import type { APIApplicationCommand, APIApplicationCommandOption } from 'discord-api-types/v10';
import { checkFileTypes } from './file-types.ts';
import { createFormReport, type FormReport, required, tooLong } from './form-errors.ts';
import { checkSchema } from './schema.ts';

/** As Discord's documentation gives it. */
const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u;
const CHAT_INPUT = 1;
const SUBCOMMAND = 1;
const SUBCOMMAND_GROUP = 2;
/** How many commands there may be by type: slash, user, message. */
const MAX_BY_TYPE: Record<number, number> = { 1: 100, 2: 15, 3: 15 };
/** Names, descriptions and values of one command together, in characters. */
const MAX_CHARACTERS = 8_000;

/** Throws 400 / 50035; the errors' first key is the command's place in the list. */
export function checkCommands(bodies: unknown): void {
  const report = createFormReport();
  if (!Array.isArray(bodies)) {
    report.add([], 'LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
    report.throwIfAny();
    return;
  }
  bodies.forEach((body, index) => {
    checkCommand(body, [index]);
  });
  const commands = bodies as APIApplicationCommand[];
  const seen = new Set<string>();
  const counts = new Map<number, number>();
  commands.forEach(({ type = CHAT_INPUT, name }, index) => {
    counts.set(type, (counts.get(type) ?? 0) + 1);
    const key = `${type} ${name}`;
    if (seen.has(key)) {
      const message = 'Application command names must be unique';
      report.add([index], 'APPLICATION_COMMANDS_DUPLICATE_NAME', message);
    }
    seen.add(key);
  });
  for (const [type, count] of counts) {
    const max = MAX_BY_TYPE[type] ?? 1;
    if (count > max) tooLong(report, [], max);
  }
  report.throwIfAny();
}

/** The same for one command; `path` is its place in the body. */
export function checkCommand(body: unknown, path: readonly PropertyKey[] = []): void {
  const report = createFormReport(path);
  checkSchema(spec.ApplicationCommandUpdateRequestSchema, body, report);
  report.throwIfAny();
  checkRules(body as APIApplicationCommand, report);
  report.throwIfAny();
}

function checkRules(command: APIApplicationCommand, report: FormReport): void {
  if ((command.type ?? CHAT_INPUT) === CHAT_INPUT) {
    checkName(command.name, ['name'], report);
    if (!command.description) required(report, ['description']);
    for (const [locale, name] of Object.entries(command.name_localizations ?? {})) {
      if (name) checkName(name, ['name_localizations', locale], report);
    }
  } else if (command.description || command.options?.length) {
    const message = 'Context menu commands cannot have description or options';
    report.add([], 'APPLICATION_COMMAND_INVALID_CONTEXT_MENU', message);
  }
  checkOptions(command.options ?? [], ['options'], report);
  if (characters(command) > MAX_CHARACTERS) {
    const message = `Command exceeds maximum size (${MAX_CHARACTERS})`;
    report.add([], 'APPLICATION_COMMAND_TOO_LARGE', message);
  }
}

function checkName(name: string, path: readonly PropertyKey[], report: FormReport): void {
  if (NAME.test(name) && name === name.toLowerCase()) return;
  const message = 'Command name is invalid';
  report.add(path, 'APPLICATION_COMMAND_INVALID_NAME', message);
}

function checkOptions(
  options: readonly APIApplicationCommandOption[],
  path: readonly PropertyKey[],
  report: FormReport,
): void {
  const seen = new Set<string>();
  let optionalCame = false;
  const nested = options.filter(({ type }) => type === SUBCOMMAND || type === SUBCOMMAND_GROUP);
  if (nested.length > 0 && nested.length < options.length) {
    const message =
      'Sub-command and sub-command group option types are mutually exclusive to all other types';
    report.add(path, 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', message);
  }
  options.forEach((option, index) => {
    const here = [...path, index];
    checkName(option.name, [...here, 'name'], report);
    for (const [locale, name] of Object.entries(option.name_localizations ?? {})) {
      if (name) checkName(name, [...here, 'name_localizations', locale], report);
    }
    if (seen.has(option.name)) {
      const message = 'Option name already in use';
      report.add([...here, 'name'], 'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS', message);
    }
    seen.add(option.name);
    if (nested.length === 0) {
      if (option.required && optionalCame) {
        const message = 'Required options must be placed before non-required options';
        report.add(here, 'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID', message);
      }
      optionalCame ||= option.required !== true;
    }
    if ('options' in option) checkOptions(option.options ?? [], [...here, 'options'], report);
    checkBounds(option, here, report);
  });
}

function checkBounds(
  option: APIApplicationCommandOption,
  path: readonly PropertyKey[],
  report: FormReport,
): void {
  if ('file_types' in option) checkFileTypes(option.file_types, path, report);
  const choices = 'choices' in option ? (option.choices ?? []) : [];
  if (choices.length > 0 && 'autocomplete' in option && option.autocomplete) {
    const message = 'Choices and autocomplete cannot both be used';
    report.add(
      [...path, 'autocomplete'],
      'APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE',
      message,
    );
  }
  const names = new Set<string>();
  choices.forEach((choice, index) => {
    if (names.has(choice.name)) {
      const message = 'Choice name already in use';
      const place = [...path, 'choices', index, 'name'];
      report.add(place, 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS', message);
    }
    names.add(choice.name);
  });
  const pairs = [
    'min_value' in option ? [option.min_value, option.max_value] : [],
    'min_length' in option ? [option.min_length, option.max_length] : [],
  ];
  for (const [min, max] of pairs) {
    if (typeof min === 'number' && typeof max === 'number' && min > max) {
      const message = 'The minimum must not exceed the maximum';
      report.add(path, 'APPLICATION_COMMAND_OPTIONS_MIN_EXCEEDS_MAX', message);
    }
  }
}

/** Per Discord's documentation: of each text the longest of it and its translations counts. */
function characters(command: APIApplicationCommand | APIApplicationCommandOption): number {
  const longest = (
    text: string | undefined,
    localized?: Partial<Record<string, string | null>> | null,
  ) =>
    Math.max(text?.length ?? 0, ...Object.values(localized ?? {}).map((one) => one?.length ?? 0));
  const own =
    longest(command.name, command.name_localizations) +
    longest(command.description, command.description_localizations);
  const choices = 'choices' in command ? (command.choices ?? []) : [];
  const ofChoices = choices.reduce(
    (sum, choice) =>
      sum + longest(choice.name, choice.name_localizations) + String(choice.value).length,
    0,
  );
  const options = 'options' in command ? (command.options ?? []) : [];
  return options.reduce((sum, option) => sum + characters(option), own + ofChoices);
}
