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
  type AppliedSettings,
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
  type FormInput,
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
export interface FormState {
  operator: OperatorSettings;
  overrides: GuildOverrides;
  /** What the person wrote in a form that was not taken. */
  written: string | null;
}

/** What the parts of a form are made of. */
interface FormContext extends FormState {
  effective: AppliedSettings;
  texts: Texts;
}

interface Option {
  value: string;
  label: string;
}

/**
 * The form for one setting. What applies is always chosen in a select, so that "no limit" and "the
 * default" are never a matter of leaving something empty.
 */
export function settingsForm(name: SettingName, state: FormState, texts: Texts): ModalBuilder {
  const effective = effectiveSettings(state.operator, state.overrides);
  return new ModalBuilder()
    .setCustomId(`settings-save:${name}`)
    .setTitle(texts.settings.names[name].name)
    .addLabelComponents(partsOf(name, { ...state, effective, texts }));
}

function partsOf(name: SettingName, context: FormContext): LabelBuilder[] {
  if (isNumberName(name)) return numberParts(name, context);
  if (name === 'blockedWords') return wordsParts(context);
  if (name === 'exemptRoles') return rolesParts(context);
  return [choicePart(name, context)];
}

export function readFormInput(interaction: ModalSubmitInteraction): FormInput {
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

function numberParts(name: NumberName, context: FormContext): LabelBuilder[] {
  const { operator, overrides, written, effective, texts } = context;
  const { form } = texts.settings;
  const { factor, lowest } = NUMBERS[name];
  const value = effective[name];
  const ceiling = isCeiling(name) ? operator.defaults[name] : null;
  const highest = Math.min(NUMBERS[name].highest, (ceiling ?? Number.POSITIVE_INFINITY) / factor);
  // Whoever opens the form most likely wants to write a number: the default is not preselected.
  const isUnlimited = value === null && name in overrides && written === null;
  const options = [
    { value: 'own', label: form.ownNumber },
    ...(ceiling === null ? [{ value: 'none', label: form.noLimit }] : []),
  ];
  const prefilled = written ?? (value === null ? '' : String(value / factor));
  return [
    modePart(name, options, isUnlimited ? 'none' : 'own', context),
    new LabelBuilder()
      .setLabel(form.number)
      .setDescription(form.numberHint(numberText(lowest), numberText(highest)))
      .setTextInputComponent(textInput(TextInputStyle.Short, prefilled.slice(0, 20), 20)),
  ];
}

function choicePart(name: ChoiceName, context: FormContext): LabelBuilder {
  const { form } = context.texts.settings;
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
  const usable = options[name].filter(({ value }) => isUsable(name, value, context));
  const chosen = name in context.overrides ? choiceValue(name, context.effective) : 'default';
  return modePart(name, usable, chosen, context);
}

/** Whether a choice is within what the operator allows, with prices where a cost limit needs them. */
function isUsable(name: ChoiceName, value: string, { operator, overrides }: FormState): boolean {
  const own = readChoice(name, value);
  if (isWider(name, own, operator)) return false;
  return effectiveSettings(operator, { ...overrides, [name]: own }).unpriced.length === 0;
}

function wordsParts(context: FormContext): LabelBuilder[] {
  const { form } = context.texts.settings;
  // The operator's words are not in it: they apply whatever the server's own list holds.
  const prefilled = context.written ?? context.overrides.blockedWords?.join('\n') ?? '';
  const fits = prefilled.length <= WORDS.chars;
  // A part of a list would be taken for the whole.
  const input = textInput(TextInputStyle.Paragraph, fits ? prefilled : '', WORDS.chars);
  return [
    listModePart('blockedWords', fits, context),
    new LabelBuilder()
      .setLabel(form.words)
      .setDescription(fits ? form.wordsHint : form.tooLong)
      .setTextInputComponent(input),
  ];
}

function rolesParts(context: FormContext): LabelBuilder[] {
  const { form } = context.texts.settings;
  const exemptRoles = [...new Set(context.effective.exemptRoles)];
  const fits = exemptRoles.length <= CHOICES.count;
  const menu = new RoleSelectMenuBuilder()
    .setCustomId(FIELDS.roles)
    .setRequired(false)
    .setMinValues(0)
    .setMaxValues(CHOICES.count);
  if (exemptRoles.length > 0 && fits) menu.setDefaultRoles(exemptRoles);
  return [
    listModePart('exemptRoles', fits, context),
    new LabelBuilder()
      .setLabel(form.roles)
      .setDescription(fits ? form.rolesHint : form.tooLong)
      .setRoleSelectMenuComponent(menu),
  ];
}

/** Discord takes no empty value. */
function textInput(style: TextInputStyle, value: string, maxLength: number): TextInputBuilder {
  const input = new TextInputBuilder()
    .setCustomId(FIELDS.text)
    .setStyle(style)
    .setRequired(false)
    .setMaxLength(maxLength);
  return value === '' ? input : input.setValue(value);
}

/**
 * @param fits Whether the form shows the list that applies. Where it cannot, saving the form as it
 *   was opened leaves the list as it is.
 */
function listModePart(
  name: 'blockedWords' | 'exemptRoles',
  fits: boolean,
  context: FormContext,
): LabelBuilder {
  const { operator, overrides, texts } = context;
  const { form } = texts.settings;
  const isAdded = name === 'blockedWords' && operator.defaults.blockedWords.length > 0;
  const label = isAdded
    ? form.ownBesides(shortValue(name, operator.defaults[name], texts))
    : form.own;
  const set = fits ? undefined : overrides[name];
  const kept = set && { value: 'keep', label: form.keep(shortValue(name, set, texts)) };
  const options = [...(kept ? [kept] : []), { value: 'own', label }];
  return modePart(name, options, fits ? 'own' : (kept?.value ?? 'default'), context);
}

/** The select of what applies: these options, and the default. */
function modePart(
  name: SettingName,
  options: Option[],
  chosen: string,
  { operator, texts }: FormContext,
): LabelBuilder {
  const { form, names } = texts.settings;
  const byDefault = shortValue(name, operator.defaults[name], texts);
  const label = (isCeiling(name) ? form.byOperator : form.byDefault)(byDefault);
  const all = [...options, { value: 'default', label }];
  const menu = new StringSelectMenuBuilder()
    .setCustomId(FIELDS.mode)
    .setRequired(true)
    .addOptions(all.map((option) => ({ ...option, default: option.value === chosen })));
  return new LabelBuilder()
    .setLabel(form.mode)
    .setDescription(names[name].about)
    .setStringSelectMenuComponent(menu);
}
