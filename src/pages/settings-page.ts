import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import {
  type AppliedSettings,
  effectiveSettings,
  isCeiling,
  isWider,
  type OperatorSettings,
} from '../admission/effective-settings.ts';
import { type GuildSettings, MODEL_LABELS, type ModelKey } from '../domain.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { GuildOverrides, SettingsChangeRecord } from '../store/store.ts';
import { countText, moneyText, relativeTime } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { escapeWords, listWithin, shorten } from '../texts/markdown.ts';
import type { Page } from './pages.ts';

export type SettingName = keyof GuildSettings;

/** In the order that they are shown: limits first, then what is allowed. Five buttons fill a row. */
export const SETTING_NAMES = [
  'userOpen',
  'userPicturesPerDay',
  'userCooldownMs',
  'guildPicturesPerDay',
  'guildCostMicrosPerDay',
  'models',
  'largestSize',
  'privateAllowed',
  'blockedWords',
  'exemptRoles',
] as const satisfies readonly SettingName[];

/** How many lines of the audit are shown. */
export const SHOWN_CHANGES = 5;

/** Of a list and of one entry in it; with the rest they stay far below a field's 1024. */
const LIST_CHARS = 600;
const ENTRY_CHARS = 100;
/** Of one value in the audit, whose lines share one field. */
const VALUE_CHARS = 40;
const BUTTONS_PER_ROW = 5;

/** Every setting with what applies and where that comes from, and a button to change each. */
export function settingsPage(
  operator: OperatorSettings,
  overrides: GuildOverrides,
  changes: SettingsChangeRecord[],
  texts: Texts,
  /** What else to say of a setting. */
  notes: Partial<Record<SettingName, string>> = {},
): Page {
  const { settings } = texts;
  const effective = effectiveSettings(operator, overrides);
  const fields = SETTING_NAMES.map((name) => {
    const value = detailedValue(name, effective, texts);
    const origin = originText(name, operator, overrides, texts);
    const { unpriced } = effective;
    const missing =
      name === 'models' && unpriced.length > 0 ? settings.unpriced(modelsText(unpriced)) : null;
    const about = [origin, missing, notes[name] ?? null];
    const lines = about.flatMap((note) => (note === null ? [] : `*${note}*`));
    return {
      name: settings.names[name].name,
      value: [value, ...lines].join('\n'),
      inline: true,
    };
  });
  const audit = changes.slice(0, SHOWN_CHANGES).map((change) => changeText(change, texts));
  return {
    embeds: [
      {
        color: COLOURS.done,
        title: settings.title,
        description: settings.intro,
        fields: [
          ...fields,
          { name: settings.changes, value: audit.join('\n') || settings.noChanges },
        ],
      },
    ],
    components: rows(
      SETTING_NAMES.map((name) => ({
        type: ComponentType.Button,
        style: ButtonStyle.Secondary,
        label: settings.names[name].name,
        custom_id: `settings-form:${name}`,
      })),
    ),
  };
}

/** A setting's value in a few words: for the audit, and for the default in forms. */
export function shortValue(name: SettingName, value: unknown, { settings }: Texts): string {
  if (value === null) return settings.noLimit;
  if (name === 'guildCostMicrosPerDay') return moneyText(Number(value));
  if (name === 'userCooldownMs') return settings.seconds(countText(Number(value) / 1_000));
  if (name === 'privateAllowed') return value === true ? settings.allowed : settings.notAllowed;
  if (!Array.isArray(value)) return typeof value === 'number' ? countText(value) : String(value);
  if (value.length === 0) return settings.none;
  if (name === 'models') return modelsText(value);
  return name === 'exemptRoles' ? settings.roles(value.length) : settings.entries(value.length);
}

/** As `shortValue`, with the roles by name and the words themselves, hidden until clicked. */
function detailedValue(name: SettingName, all: AppliedSettings, texts: Texts): string {
  const short = `**${shortValue(name, all[name], texts)}**`;
  const more = (left: number) => (left === 0 ? '' : ` ${texts.more(left)}`);
  if (name === 'exemptRoles' && all.exemptRoles.length > 0) {
    const mentions = all.exemptRoles.map((id) => `<@&${id}>`);
    const { text, left } = listWithin(mentions, ' ', LIST_CHARS);
    return `${text}${more(left)}`;
  }
  if (name === 'blockedWords' && all.blockedWords.length > 0) {
    const words = all.blockedWords.map((word) => escapeWords(word, ENTRY_CHARS));
    const { text, left } = listWithin(words, ', ', LIST_CHARS);
    return `${short} ||${text}||${more(left)}`;
  }
  return short;
}

/** Where a value comes from, and what of the server's own one does not count. */
function originText(
  name: SettingName,
  operator: OperatorSettings,
  overrides: GuildOverrides,
  texts: Texts,
): string {
  const { settings } = texts;
  const own = overrides[name];
  if (own === undefined) return isCeiling(name) ? settings.byOperator : settings.byDefault;
  const operators = shortValue(name, operator.defaults[name], texts);
  if (isCeiling(name) && isWider(name, own, operator)) {
    const allows = settings.operatorAllows[name](operators);
    return settings.clipped(shortValue(name, own, texts), allows);
  }
  const isAdded = name === 'blockedWords' && operator.defaults.blockedWords.length > 0;
  return isAdded ? settings.added(operators) : settings.own;
}

function changeText(change: SettingsChangeRecord, texts: Texts): string {
  const { settings } = texts;
  const { name, from, to, userId, changedAt } = change;
  const value = (of: unknown) =>
    of === undefined ? settings.byDefault : shorten(shortValue(name, of, texts), VALUE_CHARS);
  // A name that an older version knew may be in the audit still.
  const label =
    (settings.names as Record<string, { name: string }>)[name]?.name ?? shorten(name, VALUE_CHARS);
  const who = userId === null ? settings.somebody : `<@${userId}>`;
  return settings.change(relativeTime(changedAt), who, label, value(from), value(to));
}

function modelsText(models: readonly ModelKey[]): string {
  return models.map((model) => MODEL_LABELS[model]).join(', ');
}

function rows(
  buttons: APIButtonComponentWithCustomId[],
): APIActionRowComponent<APIButtonComponentWithCustomId>[] {
  const made: APIActionRowComponent<APIButtonComponentWithCustomId>[] = [];
  for (let from = 0; from < buttons.length; from += BUTTONS_PER_ROW) {
    const components = buttons.slice(from, from + BUTTONS_PER_ROW);
    made.push({ type: ComponentType.ActionRow, components });
  }
  return made;
}
