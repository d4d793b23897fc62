import { ButtonStyle } from 'discord-api-types/v10';
import {
  type AppliedSettings,
  effectiveSettings,
  isCeiling,
  isWider,
  type OperatorSettings,
} from '../admission/effective-settings.ts';
import { EMBED } from '../discord-http/discord-limits.ts';
import { type GuildSettings, MODEL_LABELS, type ModelKey } from '../domain.ts';
import { button, rows } from '../reply/render/buttons.ts';
import { COLOURS } from '../reply/render/render-parts.ts';
import type { GuildOverrides, SettingsChangeRecord } from '../store/store.ts';
import { countText, moneyText, relativeTime } from '../texts/amounts.ts';
import type { Texts } from '../texts/english.ts';
import { escapeWords, joined, listWithin, shorten } from '../texts/markdown.ts';
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

const FENCE = '```';
/** With the block it stays below `EMBED.total`. */
const REASON_CHARS = 1_500;
/** Told apart from nothing by no eye: it parts backticks that would end the block too early. */
const ZERO_WIDTH_SPACE = '\u200B';

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
  const { unpriced } = effective;
  const fields = SETTING_NAMES.map((name) => {
    const isUnpriced = name === 'models' && unpriced.length > 0;
    const about = [
      originText(name, operator, overrides, texts),
      isUnpriced ? settings.unpriced(modelsText(unpriced)) : '',
      notes[name] ?? '',
    ];
    const lines = about.filter(Boolean).map((note) => `*${note}*`);
    const value = [detailedValue(name, effective, texts), ...lines].join('\n');
    return { name: settings.names[name].name, value, inline: true };
  });
  const audit = changes.slice(0, SHOWN_CHANGES).map((change) => changeText(change, texts));
  const buttonOf = (name: SettingName) =>
    button('settings-form', settings.names[name].name, ButtonStyle.Secondary, name);
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
      SETTING_NAMES.slice(0, BUTTONS_PER_ROW).map(buttonOf),
      SETTING_NAMES.slice(BUTTONS_PER_ROW).map(buttonOf),
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

export function modelsText(models: readonly ModelKey[]): string {
  return models.map((model) => MODEL_LABELS[model]).join(', ');
}

/**
 * Says why a form was not taken. Discord opens no form in answer to a form, so what the person
 * wrote waits in this message, for the button that opens the form again.
 */
export function settingsRefusedPage(
  name: SettingName,
  reason: string,
  written: string,
  texts: Texts,
): Page {
  const { refused } = texts.settings;
  const block = written.trim() === '' ? '' : fenced(written);
  const isTooLong = block.length > EMBED.description;
  const about = isTooLong ? refused.notKept : block && refused.kept;
  const description = joined('\n\n', shorten(reason, REASON_CHARS), about);
  return {
    embeds: [
      { color: COLOURS.failed, title: refused.title, description },
      ...(block === '' || isTooLong ? [] : [{ color: COLOURS.failed, description: block }]),
    ],
    components: rows([button('settings-form', refused.retry, ButtonStyle.Primary, name, 'retry')]),
  };
}

/** What the person wrote, read back from such a page; null when it holds nothing. */
export function readWritten(descriptions: readonly (string | null | undefined)[]): string | null {
  const block = descriptions[1];
  if (!block?.startsWith(`${FENCE}\n`) || !block.endsWith(`\n${FENCE}`)) return null;
  return block.slice(FENCE.length + 1, -FENCE.length - 1).replaceAll(ZERO_WIDTH_SPACE, '');
}

function fenced(text: string): string {
  // Two in a row end nothing; parting each pair keeps the block as short as it can be.
  return `${FENCE}\n${text.replaceAll('``', `\`${ZERO_WIDTH_SPACE}\``)}\n${FENCE}`;
}
