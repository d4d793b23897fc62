import {
  type APIApplicationCommandBasicOption,
  ApplicationCommandOptionType,
  type Attachment,
  type ChatInputCommandInteraction,
} from 'discord.js';
import { refuse } from '../src/admission/policy.ts';
import {
  ASPECT_RATIOS,
  type AspectRatio,
  type AttachmentReference,
  IMAGE_SIZES,
  type ImageSize,
  MODEL_LABELS,
  type ModelKey,
} from '../src/domain.ts';
import { REFERENCE_FILE_TYPES } from '../src/images/references/file-types.ts';
import { readPrompt } from '../src/word-filter/visible-text.ts';

/** The option names of a command's data, so that a misspelt one does not compile. */
export type OptionName<Data extends { options: readonly { name: string }[] }> =
  Data['options'][number]['name'];

/** The options that every command that makes a picture ends with, in the order that they show. */
export const pictureOptions = [
  {
    type: ApplicationCommandOptionType.String,
    name: 'ratio',
    description: 'The shape of the picture, width to height',
    choices: ASPECT_RATIOS.map((ratio) => ({ name: ratio, value: ratio })),
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'size',
    description: 'How many pixels the longer side has, about; 1K if you do not choose',
    choices: IMAGE_SIZES.map((size) => ({ name: size, value: size })),
  },
  {
    type: ApplicationCommandOptionType.String,
    name: 'model',
    description:
      'Flash 3.1 is quick and cheaper, Pro 3 takes longer over it; Flash if you do not choose',
    choices: Object.entries(MODEL_LABELS).map(([value, name]) => ({ name, value })),
  },
] as const satisfies readonly APIApplicationCommandBasicOption[];

/** More pictures beside the first one, in the order in which the model gets them. */
export function moreReferences<const Name extends string>(name: Name) {
  const option = <Numbered extends string>(numbered: Numbered) =>
    ({
      type: ApplicationCommandOptionType.Attachment,
      name: numbered,
      description: 'Another picture for the model to go by',
      file_types: REFERENCE_FILE_TYPES,
    }) as const;
  return [option(`${name}2`), option(`${name}3`), option(`${name}4`)] as const;
}

/** Always last: who sees the reply. */
export const privateOption = {
  type: ApplicationCommandOptionType.Boolean,
  name: 'private',
  description: 'Show the picture to you only',
} as const satisfies APIApplicationCommandBasicOption;

/** How a command that makes a picture is acknowledged: as its `private` option says. */
export function byPrivateOption(interaction: ChatInputCommandInteraction): 'public' | 'private' {
  return interaction.options.getBoolean('private') === true ? 'private' : 'public';
}

/**
 * Reads what a person wrote, as they typed it. Discord admits no empty text, but one of which
 * nothing is seen.
 *
 * @throws Failure `limit` with `no_words`.
 */
export function readWords<Name extends string>(
  { options }: ChatInputCommandInteraction,
  name: Name,
): string {
  const words = options.getString(name, true).trim();
  if (readPrompt(words) === '') throw refuse('no_words');
  return words;
}

/** Reads ratio, size and model; Discord admits only values that were registered as choices. */
export function readPictureOptions(interaction: ChatInputCommandInteraction): {
  ratio: AspectRatio | null;
  size: ImageSize;
  model: ModelKey;
} {
  const { options } = interaction;
  return {
    ratio: options.getString('ratio') as AspectRatio | null,
    size: (options.getString('size') as ImageSize | null) ?? '1K',
    model: (options.getString('model') as ModelKey | null) ?? 'flash',
  };
}

/** A file that a person attached, as the model gets it. */
export function attachmentReference({
  url,
  name,
  contentType,
  size,
}: Attachment): AttachmentReference {
  return { kind: 'attachment', url, name, contentType, bytes: size };
}

/** Reads attachment options by name, in that order; the ones not given are left out. */
export function readReferences<Name extends string>(
  interaction: ChatInputCommandInteraction,
  names: readonly Name[],
): AttachmentReference[] {
  const attachments = names.flatMap((name) => interaction.options.getAttachment(name) ?? []);
  return attachments.map(attachmentReference);
}
