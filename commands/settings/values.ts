import {
  type GuildSettings,
  IMAGE_SIZES,
  type ImageSize,
  MODEL_LABELS,
  type ModelKey,
} from '../../src/domain.ts';
import type { SettingName } from '../../src/pages/settings-page.ts';
import type { SettingsChange } from '../../src/store/store.ts';
import { countText } from '../../src/texts/amounts.ts';
import type { Texts } from '../../src/texts/english.ts';
import { escapeWords } from '../../src/texts/markdown.ts';
import { readPrompt } from '../../src/word-filter/visible-text.ts';

/** The numbers among the settings, as people write them: `factor` makes them the store's units. */
export const NUMBERS = {
  userOpen: { factor: 1, decimals: 0, lowest: 1, highest: 100 },
  userPicturesPerDay: { factor: 1, decimals: 0, lowest: 1, highest: 100_000 },
  userCooldownMs: { factor: 1_000, decimals: 0, lowest: 1, highest: 86_400 },
  guildPicturesPerDay: { factor: 1, decimals: 0, lowest: 1, highest: 1_000_000 },
  guildCostMicrosPerDay: { factor: 1_000_000, decimals: 2, lowest: 0.01, highest: 1_000_000 },
} as const satisfies Partial<Record<SettingName, NumberForm>>;

interface NumberForm {
  factor: number;
  decimals: number;
  lowest: number;
  highest: number;
}

export type NumberName = keyof typeof NUMBERS;
export type ChoiceName = 'models' | 'largestSize' | 'privateAllowed';

export function isNumberName(name: SettingName): name is NumberName {
  return name in NUMBERS;
}

/** Bounds of the list of words; a text input takes at most `chars`. */
export const WORDS = { count: 200, entryChars: 100, chars: 3_500 } as const;

/** What a form was filled in with. */
export interface FormInput {
  /** The select: `own`, `none`, `default`, `keep`, or one of the choices. */
  mode: string;
  /** The text input; '' where there is none. */
  text: string;
  /** The role select. */
  roleIds: readonly string[];
}

export type ParsedForm = { change: SettingsChange } | { reason: string };

/** The change that a form asks for, or in words why it cannot be made. */
export function parseForm(name: SettingName, input: FormInput, texts: Texts): ParsedForm {
  if (input.mode === 'default') return { change: { [name]: 'default' } };
  if (input.mode === 'keep') return { change: {} };
  if (isNumberName(name)) {
    return input.mode === 'none'
      ? { change: { [name]: null } }
      : readNumber(name, input.text, texts);
  }
  if (name === 'blockedWords') return readLines(input.text, texts);
  if (name === 'exemptRoles') return { change: { exemptRoles: [...input.roleIds] } };
  return { change: { [name]: readChoice(name, input.mode) } };
}

/** What a choice is in a form's select. */
export function choiceValue(name: ChoiceName, settings: GuildSettings): string {
  const value = settings[name];
  return Array.isArray(value) ? [...value].sort().join(',') : String(value);
}

/** What a select's choice says; what no form offers is read as the strictest. */
export function readChoice(name: ChoiceName, mode: string): boolean | ImageSize | ModelKey[] {
  if (name === 'privateAllowed') return mode === 'true';
  if (name === 'largestSize') return IMAGE_SIZES.find((size) => size === mode) ?? '1K';
  const chosen = mode.split(',');
  const models = (Object.keys(MODEL_LABELS) as ModelKey[]).filter((key) => chosen.includes(key));
  return models.length > 0 ? models : ['flash'];
}

function readNumber(name: NumberName, text: string, texts: Texts): ParsedForm {
  const { factor, decimals, lowest, highest } = NUMBERS[name];
  const { refused, names } = texts.settings;
  const label = names[name].name;
  const written = text.replaceAll(/[\s$]/g, '');
  if (written === '') return { reason: refused.noNumber(label) };
  // No commas: in one half of the world they part thousands, in the other they part cents.
  const isPlain = new RegExp(`^\\d{1,9}(?:\\.\\d{1,${Math.max(1, decimals)}})?$`).test(written);
  const number = Number(written);
  const isWhole = decimals > 0 || Number.isInteger(number);
  if (!isPlain || !isWhole || number < lowest || number > highest) {
    return { reason: refused.badNumber(label, numberText(lowest), numberText(highest)) };
  }
  return { change: { [name]: Math.round(number * factor) } };
}

/** Within sentences about a form: `0.01`, `100,000`. */
export function numberText(value: number): string {
  return Number.isInteger(value) ? countText(value) : String(value);
}

const SHOWN_PROBLEMS = 5;

function readLines(text: string, texts: Texts): ParsedForm {
  const { refused } = texts.settings;
  const lines = linesOf(text);
  const tooLong = lines.flatMap((line, index) =>
    line.length > WORDS.entryChars
      ? [refused.badLine(index + 1, escapeWords(line, 60), refused.tooLong(WORDS.entryChars))]
      : [],
  );
  if (tooLong.length > 0) {
    return { reason: refused.badLines(tooLong.slice(0, SHOWN_PROBLEMS).join('\n')) };
  }
  const entries = lines.filter((line) => line !== '');
  if (entries.length > WORDS.count) return { reason: refused.tooMany(WORDS.count) };
  return { change: { blockedWords: entries } };
}

/**
 * The lines of a list, each entry as it is kept: without what nobody sees in it, and once; '' for
 * a line without one.
 */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map(readPrompt);
  return lines.map((line, index) => (lines.indexOf(line) === index ? line : ''));
}
