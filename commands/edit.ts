import { ApplicationCommandOptionType, InteractionContextType } from 'discord.js';
import type { SlashCommand } from '../src/discord/handlers.ts';
import { readRoleIds } from '../src/discord/reply-target.ts';
import { TEXT_INPUT_CHARS } from '../src/discord-http/discord-limits.ts';
import { REFERENCE_FILE_TYPES } from '../src/images/references/file-types.ts';
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
  name: 'edit',
  description: 'Change a picture by saying what should be different',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
  options: [
    {
      type: ApplicationCommandOptionType.Attachment,
      name: 'image',
      description: 'The picture to change',
      file_types: REFERENCE_FILE_TYPES,
      required: true,
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'instruction',
      description: 'What should be different?',
      required: true,
      min_length: 1,
      max_length: TEXT_INPUT_CHARS,
    },
    ...pictureOptions,
    ...moreReferences('image'),
    privateOption,
  ],
} as const satisfies SlashCommand['data'];

type Option = OptionName<typeof data>;

/** `/edit`: a picture and what to change in it. Without a ratio the model keeps the picture's. */
export const edit: SlashCommand = {
  data: data as SlashCommand['data'],
  acknowledge: byPrivateOption,
  async execute(interaction, target, { generations }) {
    const request = {
      intent: 'edit' as const,
      prompt: readWords<Option>(interaction, 'instruction'),
      ...readPictureOptions(interaction),
      references: readReferences<Option>(interaction, ['image', 'image2', 'image3', 'image4']),
    };
    await generations.submit({
      command: data.name,
      target,
      requests: [request],
      origin: null,
      roleIds: readRoleIds(interaction),
    });
  },
};
