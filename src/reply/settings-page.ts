import {
  type APIActionRowComponent,
  type APIButtonComponentWithCustomId,
  ButtonStyle,
  ComponentType,
} from 'discord-api-types/v10';
import { type GuildSettings, MODEL_LABELS } from '../domain.ts';
import {
  effectiveSettings,
  type GuildOverrides,
  type SettingsChangeRecord,
} from '../store/store.ts';
import { countText, moneyText } from './amounts.ts';
import { escapeWords } from './markdown.ts';
import type { Page } from './pages.ts';
import { COLOURS, relativeTime } from './render-parts.ts';
import type { Texts } from './texts.ts';

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

const WORDS_CHARS = 300;
const BUTTONS_PER_ROW = 5;

/** Every setting with what applies and where that comes from, and a button to change each. */
export function settingsPage(
  defaults: GuildSettings,
  overrides: GuildOverrides,
  changes: SettingsChangeRecord[],
  texts: Texts,
): Page {
  const { settings } = texts;
  const effective = effectiveSettings(defaults, overrides);
  const fields = SETTING_NAMES.map((name) => {
    const origin = name in overrides ? settings.own : settings.byDefault;
    const value = detailedValue(name, effective, texts);
    return { name: settings.names[name].name, value: `${value}\n*${origin}*`, inline: true };
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
  if (name === 'models') return modelsText(value as GuildSettings['models']);
  if (!Array.isArray(value)) return typeof value === 'number' ? countText(value) : String(value);
  if (value.length === 0) return settings.none;
  return name === 'exemptRoles' ? settings.roles(value.length) : settings.entries(value.length);
}

/** As `shortValue`, with the roles by name and the words themselves, hidden until clicked. */
function detailedValue(name: SettingName, all: GuildSettings, texts: Texts): string {
  const short = `**${shortValue(name, all[name], texts)}**`;
  if (name === 'exemptRoles' && all.exemptRoles.length > 0) {
    return all.exemptRoles.map((id) => `<@&${id}>`).join(' ');
  }
  if (name === 'blockedWords' && all.blockedWords.length > 0) {
    return `${short} ||${escapeWords(all.blockedWords.join(', '), WORDS_CHARS)}||`;
  }
  return short;
}

function changeText(change: SettingsChangeRecord, texts: Texts): string {
  const { settings } = texts;
  const { name, from, to, userId, changedAt } = change;
  const value = (of: unknown) =>
    of === undefined ? settings.byDefault : shortValue(name, of, texts);
  // A name that an older version knew may be in the audit still.
  const label = (settings.names as Record<string, { name: string }>)[name]?.name ?? name;
  const who = userId === null ? settings.somebody : `<@${userId}>`;
  return settings.change(relativeTime(changedAt), who, label, value(from), value(to));
}

function modelsText(models: GuildSettings['models']): string {
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
