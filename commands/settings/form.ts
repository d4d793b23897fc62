import {
  LabelBuilder,
  ModalBuilder,
  type ModalSubmitInteraction,
  RoleSelectMenuBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import { type GuildSettings, IMAGE_SIZES, MODEL_LABELS } from '../../src/domain.ts';
import { type SettingName, shortValue } from '../../src/reply/settings-page.ts';
import type { Texts } from '../../src/reply/texts.ts';
import { effectiveSettings, type GuildOverrides } from '../../src/store/store.ts';
import {
  type ChoiceName,
  choiceValue,
  type Filled,
  isNumberName,
  NUMBERS,
  type NumberName,
  numberText,
  WORDS,
} from './values.ts';

/** A form's parts; forms of an older version may lack some. */
const FIELDS = { mode: 'mode', text: 'text', roles: 'roles' } as const;

/** What a form begins with. */
export interface Standing {
  defaults: GuildSettings;
  overrides: GuildOverrides;
  /** What the person wrote in a form that was not taken. */
  written: string | null;
}

interface Option {
  value: string;
  label: string;
}

/**
 * The form for one setting. What applies is always chosen in a select, so that "no limit" and "the
 * default" are never a matter of leaving something empty.
 */
export function settingsForm(name: SettingName, standing: Standing, texts: Texts): ModalBuilder {
  const { names } = texts.settings;
  const modal = new ModalBuilder().setCustomId(`settings-save:${name}`).setTitle(names[name].name);
  if (isNumberName(name)) return modal.addLabelComponents(numberParts(name, standing, texts));
  if (name === 'blockedWords') return modal.addLabelComponents(wordsParts(standing, texts));
  if (name === 'exemptRoles') return modal.addLabelComponents(rolesParts(standing, texts));
  return modal.addLabelComponents(choiceParts(name, standing, texts));
}

export function readFilled(interaction: ModalSubmitInteraction): Filled {
  const { fields } = interaction.fields;
  const mode = fields.get(FIELDS.mode);
  const text = fields.get(FIELDS.text);
  const roles = fields.get(FIELDS.roles);
  return {
    mode: mode && 'values' in mode ? (mode.values[0] ?? '') : '',
    text: text && 'value' in text && typeof text.value === 'string' ? text.value : '',
    roleIds: roles && 'values' in roles ? roles.values : [],
  };
}

function numberParts(name: NumberName, standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  const { factor, lowest, highest } = NUMBERS[name];
  const value = effectiveSettings(standing.defaults, standing.overrides)[name];
  // Whoever opens the form most likely wants to write a number: the default is not preselected.
  const isUnlimited = value === null && name in standing.overrides && standing.written === null;
  const input = new TextInputBuilder()
    .setCustomId(FIELDS.text)
    .setStyle(TextInputStyle.Short)
    .setRequired(false)
    .setMaxLength(20);
  const prefilled = standing.written ?? (value === null ? '' : String(value / factor));
  if (prefilled !== '') input.setValue(prefilled.slice(0, 20));
  return [
    modePart(
      name,
      [
        { value: 'own', label: form.ownNumber },
        { value: 'none', label: form.noLimit },
        defaultOption(name, standing, texts),
      ],
      isUnlimited ? 'none' : 'own',
      texts,
    ),
    new LabelBuilder()
      .setLabel(form.number)
      .setDescription(form.numberHint(numberText(lowest), numberText(highest)))
      .setTextInputComponent(input),
  ];
}

function choiceParts(name: ChoiceName, standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  const options: Record<ChoiceName, Option[]> = {
    models: [
      { value: 'flash,pro', label: form.bothModels },
      { value: 'flash', label: form.onlyModel(MODEL_LABELS.flash) },
      { value: 'pro', label: form.onlyModel(MODEL_LABELS.pro) },
    ],
    largestSize: IMAGE_SIZES.map((size) => ({ value: size, label: form.upTo(size) })),
    privateAllowed: [
      { value: 'true', label: form.allowed },
      { value: 'false', label: form.notAllowed },
    ],
  };
  const isOwn = name in standing.overrides;
  const effective = effectiveSettings(standing.defaults, standing.overrides);
  const chosen = isOwn ? choiceValue(name, effective) : 'default';
  const all = [...options[name], defaultOption(name, standing, texts)];
  return [modePart(name, all, chosen, texts)];
}

function wordsParts(standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  const { blockedWords } = effectiveSettings(standing.defaults, standing.overrides);
  const prefilled = standing.written ?? blockedWords.join('\n');
  const input = new TextInputBuilder()
    .setCustomId(FIELDS.text)
    .setStyle(TextInputStyle.Paragraph)
    .setRequired(false)
    .setMaxLength(WORDS.chars);
  // A longer list can only be the operator's; a part of it would be taken for the whole.
  if (prefilled !== '' && prefilled.length <= WORDS.chars) input.setValue(prefilled);
  return [
    ownOrDefault('blockedWords', standing, texts),
    new LabelBuilder()
      .setLabel(form.words)
      .setDescription(form.wordsHint)
      .setTextInputComponent(input),
  ];
}

function rolesParts(standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  const { exemptRoles } = effectiveSettings(standing.defaults, standing.overrides);
  const menu = new RoleSelectMenuBuilder()
    .setCustomId(FIELDS.roles)
    .setRequired(false)
    .setMinValues(0)
    .setMaxValues(25);
  if (exemptRoles.length > 0) menu.setDefaultRoles(exemptRoles.slice(0, 25));
  return [
    ownOrDefault('exemptRoles', standing, texts),
    new LabelBuilder()
      .setLabel(form.roles)
      .setDescription(form.rolesHint)
      .setRoleSelectMenuComponent(menu),
  ];
}

function ownOrDefault(name: SettingName, standing: Standing, texts: Texts): LabelBuilder {
  const own = { value: 'own', label: texts.settings.form.own };
  return modePart(name, [own, defaultOption(name, standing, texts)], 'own', texts);
}

function defaultOption(name: SettingName, { defaults }: Standing, texts: Texts): Option {
  const value = shortValue(name, defaults[name], texts);
  return { value: 'default', label: texts.settings.form.byDefault(value) };
}

function modePart(
  name: SettingName,
  options: Option[],
  chosen: string,
  { settings }: Texts,
): LabelBuilder {
  const menu = new StringSelectMenuBuilder()
    .setCustomId(FIELDS.mode)
    .setRequired(true)
    .addOptions(options.map((option) => ({ ...option, default: option.value === chosen })));
  return new LabelBuilder()
    .setLabel(settings.form.mode)
    .setDescription(settings.names[name].about)
    .setStringSelectMenuComponent(menu);
}
