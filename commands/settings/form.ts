import {
  LabelBuilder,
  ModalBuilder,
  type ModalSubmitInteraction,
  RoleSelectMenuBuilder,
  StringSelectMenuBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';
import {
  effectiveSettings,
  isCeiling,
  isWider,
  type OperatorSettings,
} from '../../src/admission/effective-settings.ts';
import { CHOICES } from '../../src/discord-http/discord-limits.ts';
import { IMAGE_SIZES, MODEL_LABELS } from '../../src/domain.ts';
import { type SettingName, shortValue } from '../../src/pages/settings-page.ts';
import type { GuildOverrides } from '../../src/store/store.ts';
import type { Texts } from '../../src/texts/english.ts';
import {
  type ChoiceName,
  choiceValue,
  type Filled,
  isNumberName,
  NUMBERS,
  type NumberName,
  numberText,
  readChoice,
  WORDS,
} from './values.ts';

/** A form's parts; forms of an older version may lack some. */
const FIELDS = { mode: 'mode', text: 'text', roles: 'roles' } as const;

/** What a form begins with. */
export interface Standing {
  operator: OperatorSettings;
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
  const { operator, overrides } = standing;
  const { factor, lowest } = NUMBERS[name];
  const value = effectiveSettings(operator, overrides)[name];
  const ceiling = isCeiling(name) ? operator.defaults[name] : null;
  const highest = Math.min(NUMBERS[name].highest, (ceiling ?? Number.POSITIVE_INFINITY) / factor);
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
        ...(ceiling === null ? [{ value: 'none', label: form.noLimit }] : []),
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
  const { operator, overrides } = standing;
  const isOwn = name in overrides;
  const effective = effectiveSettings(operator, overrides);
  const chosen = isOwn ? choiceValue(name, effective) : 'default';
  const usable = options[name].filter(({ value }) => isUsable(name, value, standing));
  const all = [...usable, defaultOption(name, standing, texts)];
  return [modePart(name, all, chosen, texts)];
}

/** Whether a choice is within what the operator allows, with prices where a cost limit needs them. */
function isUsable(name: ChoiceName, value: string, { operator, overrides }: Standing): boolean {
  const own = readChoice(name, value);
  if (isWider(name, own, operator)) return false;
  return effectiveSettings(operator, { ...overrides, [name]: own }).unpriced.length === 0;
}

function wordsParts(standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  // The operator's words are not in it: they apply whatever the server's own list holds.
  const prefilled = standing.written ?? standing.overrides.blockedWords?.join('\n') ?? '';
  const fits = prefilled.length <= WORDS.chars;
  const input = new TextInputBuilder()
    .setCustomId(FIELDS.text)
    .setStyle(TextInputStyle.Paragraph)
    .setRequired(false)
    .setMaxLength(WORDS.chars);
  // A part of a list would be taken for the whole.
  if (prefilled !== '' && fits) input.setValue(prefilled);
  return [
    ownOrDefault('blockedWords', standing, texts, fits),
    new LabelBuilder()
      .setLabel(form.words)
      .setDescription(fits ? form.wordsHint : form.tooLong)
      .setTextInputComponent(input),
  ];
}

function rolesParts(standing: Standing, texts: Texts): LabelBuilder[] {
  const { form } = texts.settings;
  const { operator, overrides } = standing;
  const exemptRoles = [...new Set(effectiveSettings(operator, overrides).exemptRoles)];
  const fits = exemptRoles.length <= CHOICES.count;
  const menu = new RoleSelectMenuBuilder()
    .setCustomId(FIELDS.roles)
    .setRequired(false)
    .setMinValues(0)
    .setMaxValues(CHOICES.count);
  if (exemptRoles.length > 0 && fits) menu.setDefaultRoles(exemptRoles);
  return [
    ownOrDefault('exemptRoles', standing, texts, fits),
    new LabelBuilder()
      .setLabel(form.roles)
      .setDescription(fits ? form.rolesHint : form.tooLong)
      .setRoleSelectMenuComponent(menu),
  ];
}

/**
 * @param fits Whether the form shows the list that applies. Where it cannot, saving the form as it
 *   was opened leaves the list as it is.
 */
function ownOrDefault(
  name: 'blockedWords' | 'exemptRoles',
  standing: Standing,
  texts: Texts,
  fits: boolean,
): LabelBuilder {
  const { form } = texts.settings;
  const { operator, overrides } = standing;
  const isAdded = name === 'blockedWords' && operator.defaults.blockedWords.length > 0;
  const label = isAdded
    ? form.ownBesides(shortValue(name, operator.defaults[name], texts))
    : form.own;
  const set = overrides[name];
  const kept =
    fits || set === undefined
      ? []
      : [{ value: 'keep', label: form.keep(shortValue(name, set, texts)) }];
  const options = [...kept, { value: 'own', label }, defaultOption(name, standing, texts)];
  const chosen = fits ? 'own' : (kept[0]?.value ?? 'default');
  return modePart(name, options, chosen, texts);
}

function defaultOption(name: SettingName, { operator }: Standing, texts: Texts): Option {
  const { form } = texts.settings;
  const value = shortValue(name, operator.defaults[name], texts);
  return { value: 'default', label: (isCeiling(name) ? form.byOperator : form.byDefault)(value) };
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
