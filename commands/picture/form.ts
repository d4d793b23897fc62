import {
  FileUploadBuilder,
  LabelBuilder,
  ModalBuilder,
  type ModalSubmitInteraction,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import {
  ASPECT_RATIOS,
  type AspectRatio,
  IMAGE_SIZES,
  type ImageSize,
  MODEL_LABELS,
  type ModelKey,
  type Reference,
} from '../../src/domain.ts';
import { shorten } from '../../src/reply/markdown.ts';
import type { Texts } from '../../src/reply/texts.ts';

/** What the form starts with. */
export interface FormDefaults {
  customId: string;
  instruction: string;
  model: ModelKey;
  size: ImageSize;
  ratio: AspectRatio | null;
  /** Whether a picture must be given, because the one before is gone. */
  needsPicture: boolean;
}

/** What a person filled in. */
export interface FormAnswer {
  instruction: string;
  files: Reference[];
  ratio: AspectRatio | null;
  size: ImageSize;
  model: ModelKey;
}

/** Discord's bounds for a modal. */
const MAX = { files: 10, text: 4_000 } as const;

/** The value of the choice that leaves the ratio to the model. */
const AS_IT_IS = 'as-it-is';

/** The form that asks what should be different: words, more pictures, ratio, size, model. */
export function pictureForm(defaults: FormDefaults, texts: Texts): ModalBuilder {
  const { customId, instruction, needsPicture } = defaults;
  const { form } = texts;
  const words = new TextInputBuilder()
    .setCustomId('instruction')
    .setStyle(TextInputStyle.Paragraph)
    .setMaxLength(MAX.text)
    .setRequired(true);
  if (instruction !== '') words.setValue(shorten(instruction, MAX.text));
  return new ModalBuilder()
    .setCustomId(customId)
    .setTitle(form.title)
    .addLabelComponents(
      new LabelBuilder()
        .setLabel(needsPicture ? form.prompt : form.instruction)
        .setTextInputComponent(words),
      new LabelBuilder()
        .setLabel(needsPicture ? form.picture : form.pictures)
        .setDescription(needsPicture ? form.pictureGone : form.picturesAbout)
        .setFileUploadComponent(
          new FileUploadBuilder()
            .setCustomId('files')
            .setMinValues(needsPicture ? 1 : 0)
            .setMaxValues(MAX.files)
            .setRequired(needsPicture),
        ),
      choice('ratio', form.ratio, defaults.ratio ?? AS_IT_IS, [
        [AS_IT_IS, form.asItIs],
        ...ASPECT_RATIOS.map((ratio) => [ratio, ratio] as const),
      ]),
      choice(
        'size',
        form.size,
        defaults.size,
        IMAGE_SIZES.map((size) => [size, size]),
      ),
      choice('model', form.model, defaults.model, Object.entries(MODEL_LABELS)),
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
export function readForm({ fields }: ModalSubmitInteraction): FormAnswer {
  const chosen = <Value extends string>(id: string, known: readonly Value[]): Value | null =>
    known.find((value) => value === fields.getStringSelectValues(id)[0]) ?? null;
  const files = fields.getUploadedFiles('files');
  return {
    instruction: fields.getTextInputValue('instruction'),
    files: [...(files?.values() ?? [])].map(({ url, name, contentType, size }) => {
      return { url, name, contentType, bytes: size };
    }),
    ratio: chosen('ratio', ASPECT_RATIOS),
    size: chosen('size', IMAGE_SIZES) ?? '1K',
    model: chosen('model', ['flash', 'pro'] as const) ?? 'flash',
  };
}
