import {
  ApplicationCommandType,
  ApplicationCommandOptionType as Type,
} from 'discord-api-types/v10';
import type { Command } from '../discord/local-discord.ts';

const command = (name: string, options: unknown[]): Command =>
  ({ id: '1', name, type: ApplicationCommandType.ChatInput, options }) as unknown as Command;

const choices = (...names: [name: string, value: string][]): { name: string; value: string }[] =>
  names.map(([name, value]) => ({ name, value }));

/** Commands with every type of option. */
export const COMMANDS: Command[] = [
  command('imagine', [
    { type: Type.String, name: 'prompt', required: true },
    { type: Type.String, name: 'ratio', choices: choices(['1:1', '1:1'], ['16:9', '16:9']) },
    {
      type: Type.String,
      name: 'model',
      choices: choices(['Flash 3.1', 'flash'], ['Pro 3', 'pro'], ['Pro 3 slow', 'slow']),
    },
    { type: Type.Boolean, name: 'private' },
    { type: Type.Integer, name: 'count' },
    { type: Type.Number, name: 'strength' },
    { type: Type.User, name: 'for' },
    { type: Type.Attachment, name: 'reference' },
  ]),
  command('edit', [{ type: Type.Attachment, name: 'image', required: true }]),
  command('usage', [
    { type: Type.Subcommand, name: 'mine', options: [] },
    {
      type: Type.SubcommandGroup,
      name: 'guild',
      options: [
        { type: Type.Subcommand, name: 'top', options: [{ type: Type.Integer, name: 'days' }] },
      ],
    },
  ]),
];
