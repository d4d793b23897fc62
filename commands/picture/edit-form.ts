import {
  type BaseInteraction,
  FileUploadBuilder,
  LabelBuilder,
  ModalBuilder,
  type ModalSubmitInteraction,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { settingsOf } from '../../src/admission/effective-settings.ts';
import { checkModel } from '../../src/admission/policy.ts';
import type { HandlerContext } from '../../src/discord/handlers.ts';
import { MESSAGE, TEXT_INPUT_CHARS } from '../../src/discord-http/discord-limits.ts';
import {
  ASPECT_RATIOS,
  type AspectRatio,
  type GuildSettings,
  IMAGE_SIZES,
  type ImageSize,
  MODEL_LABELS,
  type ModelKey,
} from '../../src/domain.ts';
import { REFERENCE_FILE_TYPES } from '../../src/images/references/file-types.ts';
import type { LeftOut, Texts } from '../../src/texts/english.ts';
import { shorten } from '../../src/texts/markdown.ts';
import { attachmentReference } from '../options.ts';

/** What the form starts with. */
export interface EditFormState {
  customId: string;
  instruction: string;
  model: ModelKey;
  size: ImageSize;
  ratio: AspectRatio | null;
  /** Whether a picture must be given, because the one before is gone. */
  needsPicture: boolean;
  /** How many images of a message the form is about, and why it leaves out the others. */
  pictures?: { taken: number; leftOut: readonly LeftOut[] };
}

/** The value of the choice that leaves the ratio to the model. */
const AS_IT_IS = 'as-it-is';

/**
 * The form that asks what should be different, with the choices that are allowed in this place.
 *
 * @throws Failure `limit` where no model may be used.
 */
export async function openEditForm(
  defaults: EditFormState,
  { guildId }: Pick<BaseInteraction, 'guildId'>,
  context: Pick<HandlerContext, 'store' | 'operator' | 'texts'>,
): Promise<ModalBuilder> {
  const allowed = await settingsOf(guildId, context.store, context.operator);
  // Without a model there is nothing to choose from, and Discord opens no form with an empty select.
  if (allowed.models.length === 0) checkModel(defaults.model, allowed);
  return editForm(defaults, allowed, context.texts);
}

/** Words, more pictures, ratio, size, model. */
export function editForm(
  defaults: EditFormState,
  allowed: Pick<GuildSettings, 'largestSize' | 'models'>,
  texts: Texts,
): ModalBuilder {
  const { customId, instruction, needsPicture, pictures } = defaults;
  const sizes = IMAGE_SIZES.slice(0, IMAGE_SIZES.indexOf(allowed.largestSize) + 1);
  const models = allowed.models.map((model) => [model, MODEL_LABELS[model]] as const);
  const { form } = texts;
  const words = new TextInputBuilder()
    .setCustomId('instruction')
    .setStyle(TextInputStyle.Paragraph)
    .setMaxLength(TEXT_INPUT_CHARS)
    .setRequired(true);
  if (instruction !== '') words.setValue(shorten(instruction, TEXT_INPUT_CHARS));
  const wordsLabel = new LabelBuilder()
    .setLabel(needsPicture ? form.prompt : form.instruction)
    .setTextInputComponent(words);
  const about = pictures === undefined ? '' : form.picturesOf(pictures);
  if (about !== '') wordsLabel.setDescription(about);
  return new ModalBuilder()
    .setCustomId(customId)
    .setTitle(form.title)
    .addLabelComponents(
      wordsLabel,
      new LabelBuilder()
        .setLabel(needsPicture ? form.picture : form.pictures)
        .setDescription(needsPicture ? form.pictureGone : form.picturesAbout)
        .setFileUploadComponent(
          new FileUploadBuilder()
            .setCustomId('files')
            .setFileTypes(REFERENCE_FILE_TYPES)
            .setMinValues(needsPicture ? 1 : 0)
            .setMaxValues(MESSAGE.files)
            .setRequired(needsPicture),
        ),
      choice('ratio', form.ratio, defaults.ratio ?? AS_IT_IS, [
        [AS_IT_IS, form.asItIs],
        ...ASPECT_RATIOS.map((ratio) => [ratio, ratio] as const),
      ]),
      choice(
        'size',
        form.size,
        sizes.includes(defaults.size) ? defaults.size : allowed.largestSize,
        sizes.map((size) => [size, size]),
      ),
      choice(
        'model',
        form.model,
        allowed.models.includes(defaults.model) ? defaults.model : (models[0]?.[0] ?? ''),
        models,
      ),
    );
}

function choice(
  id: string,
  label: string,
  chosen: string,
  options: readonly (readonly [value: string, label: string])[],
): LabelBuilder {
  return new LabelBuilder().setLabel(label).setStringSelectMenuComponent(
    new StringSelectMenuBuilder()
      .setCustomId(id)
      .setRequired(true)
      .addOptions(
        options.map(([value, text]) => ({ value, label: text, default: value === chosen })),
      ),
  );
}

/** Reads the form; what is no known choice counts as the default, whoever wrote it. */
export function readEditForm(interaction: ModalSubmitInteraction) {
  const { fields } = interaction;
  const chosen = <Value extends string>(id: string, known: readonly Value[]): Value | null =>
    known.find((value) => value === fields.getStringSelectValues(id)[0]) ?? null;
  const files = fields.getUploadedFiles('files');
  return {
    instruction: readInstruction(interaction),
    files: [...(files?.values() ?? [])].map(attachmentReference),
    ratio: chosen('ratio', ASPECT_RATIOS),
    size: chosen('size', IMAGE_SIZES) ?? '1K',
    model: chosen('model', ['flash', 'pro'] as const) ?? 'flash',
  };
}

/** The words alone, as the person wrote them. */
export function readInstruction({ fields }: ModalSubmitInteraction): string {
  return fields.getTextInputValue('instruction').trim();
}
