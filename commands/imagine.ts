import { ApplicationCommandOptionType, InteractionContextType } from 'discord.js';
import type { SlashCommand } from '../src/discord/handlers.ts';
import { readRoleIds } from '../src/discord/reply-target.ts';
import { CHOICES, TEXT_INPUT_CHARS } from '../src/discord-http/discord-limits.ts';
import { MAX_IMAGES_PER_REPLY } from '../src/domain.ts';
import { REFERENCE_FILE_TYPES } from '../src/images/references/file-types.ts';
import { readPrompt } from '../src/word-filter/visible-text.ts';
import {
  byPrivateOption,
  moreReferences,
  type OptionName,
  pictureOptions,
  privateOption,
  readPictureOptions,
  readReferences,
  readWords,
} from './options.ts';

const data = {
  name: 'imagine',
  description: 'Make a picture from words, and watch the model think while it develops',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'prompt',
      description: 'What should the picture show?',
      required: true,
      min_length: 1,
      max_length: TEXT_INPUT_CHARS,
      autocomplete: true,
    },
    ...pictureOptions,
    {
      type: ApplicationCommandOptionType.Attachment,
      name: 'reference',
      description: 'A picture for the model to go by',
      file_types: REFERENCE_FILE_TYPES,
    },
    ...moreReferences('reference'),
    {
      type: ApplicationCommandOptionType.Integer,
      name: 'count',
      description: 'How many pictures to make of it, side by side; one if you do not choose',
      min_value: 1,
      max_value: MAX_IMAGES_PER_REPLY,
    },
    privateOption,
  ],
} as const satisfies SlashCommand['data'];

type Option = OptionName<typeof data>;

/** `/imagine`: a picture from words, with an optional reference. */
export const imagine: SlashCommand = {
  data: data as SlashCommand['data'],
  acknowledge: byPrivateOption,
  /**
   * The person's own recent prompts that hold what is typed. What is typed comes first, because
   * Enter takes the first one: nobody gets an old prompt for a new one that they wrote. Nothing is
   * offered for a text that is too long for a choice; Discord then takes it as it is.
   */
  async complete(interaction, { store }) {
    const typed = interaction.options.getFocused().trim();
    if (typed.length > CHOICES.chars) return [];
    const recent = await store.history.recentPrompts(interaction.user.id, {
      command: data.name,
      containing: readPrompt(typed),
      limit: CHOICES.count,
    });
    // Shown is what can be seen; what was typed is handed on as it is, to be checked for words.
    const choices = new Map<string, string>();
    for (const value of [typed, ...recent]) {
      const name = readPrompt(value);
      if (name !== '' && !choices.has(name)) choices.set(name, value);
    }
    return [...choices].map(([name, value]) => ({ name, value }));
  },
  async execute(interaction, target, { generations }) {
    const { ratio, size, model } = readPictureOptions(interaction);
    const count = interaction.options.getInteger('count' satisfies Option) ?? 1;
    const request = {
      intent: 'imagine' as const,
      prompt: readWords<Option>(interaction, 'prompt'),
      model,
      size,
      ratio: ratio ?? '1:1',
      references: readReferences<Option>(interaction, [
        'reference',
        'reference2',
        'reference3',
        'reference4',
      ]),
    };
    await generations.submit({
      command: data.name,
      target,
      requests: Array.from({ length: count }, () => request),
      origin: null,
      roleIds: readRoleIds(interaction),
    });
  },
};
