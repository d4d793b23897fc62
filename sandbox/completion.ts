import { ApplicationCommandOptionType, ApplicationCommandType } from 'discord-api-types/v10';
import type { Command } from './discord/local-discord.ts';

/** The sandbox's own verbs, beside the bot's commands. */
const VERBS = ['as ', 'click ', 'help', 'in ', 'quit', 'save ', 'words'];

/**
 * What Tab offers at the end of a line: commands, then option names that are not given yet, then
 * the choices of the option being typed. In readline's form: candidates, and what they replace.
 */
export function completeLine(line: string, commands: readonly Command[]): [string[], string] {
  const slash = commands.filter(({ type }) => type === ApplicationCommandType.ChatInput);
  if (!/\s/.test(line)) {
    const all = [...slash.map(({ name }) => `/${name} `), ...VERBS];
    return [all.filter((candidate) => candidate.startsWith(line)), line];
  }
  // Within an open quote there is nothing to offer.
  if ((line.match(/(?<!\\)"/g)?.length ?? 0) % 2 === 1) return [[], line];
  const command = slash.find(({ name }) => line.startsWith(`/${name} `));
  const options = command?.options ?? [];
  const last = /\S*$/.exec(line)?.[0] ?? '';
  const typed = options.find(({ name }) => last.startsWith(`${name}:`));
  if (typed !== undefined) {
    return [
      valuesOf(typed)
        .map((value) => `${typed.name}:${value} `)
        .filter((v) => v.startsWith(last)),
      last,
    ];
  }
  const free = options.filter(
    ({ name, type }) =>
      type !== ApplicationCommandOptionType.Attachment && !line.includes(` ${name}:`),
  );
  const names = free.map(({ name }) => `${name}:`);
  const files = options
    .filter(({ type }) => type === ApplicationCommandOptionType.Attachment)
    .map(({ name }) => `--attach ${name}=`);
  return [[...names, ...files].filter((candidate) => candidate.startsWith(last)), last];
}

function valuesOf(option: NonNullable<Command['options']>[number]): string[] {
  if (option.type === ApplicationCommandOptionType.Boolean) return ['true', 'false'];
  if (!('choices' in option)) return [];
  // A choice's name may hold blanks, its value does not have to be readable: take what needs no quotes.
  return (option.choices ?? []).map(({ name, value }) => (/\s/.test(name) ? String(value) : name));
}
