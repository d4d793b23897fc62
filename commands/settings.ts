import { InteractionContextType, PermissionFlagsBits } from 'discord.js';
import {
  effectiveSettings,
  isCeiling,
  isWider,
  type OperatorSettings,
} from '../src/admission/effective-settings.ts';
import type { ComponentHandler, HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { requireManagedServer } from '../src/discord/permissions.ts';
import type { ReplyTarget } from '../src/domain.ts';
import {
  modelsText,
  readWritten,
  SETTING_NAMES,
  type SettingName,
  SHOWN_CHANGES,
  settingsPage,
  settingsRefusedPage,
  shortValue,
} from '../src/pages/settings-page.ts';
import type { GuildOverrides, SettingsChange } from '../src/store/store.ts';
import type { Texts } from '../src/texts/english.ts';
import { readFormInput, settingsForm } from './settings/form.ts';
import { linesOf, parseForm } from './settings/values.ts';
import { findListFault, noteOnList } from './settings/words.ts';

const data = {
  name: 'settings',
  description: 'Limits and rules for this server: see and change them',
  contexts: [InteractionContextType.Guild],
  default_member_permissions: PermissionFlagsBits.ManageGuild.toString(),
} as const satisfies SlashCommand['data'];

/** `/settings`: what applies on this server, and a form for each part of it. */
export const settings: SlashCommand = {
  data: data as SlashCommand['data'],
  acknowledge: 'private',
  async execute(interaction, target, context) {
    await showSettings(requireManagedServer(interaction), target, context);
  },
};

/** Opens the form of one setting: from the page, or again with what was written and not taken. */
const openForm: ComponentHandler = {
  name: 'settings-form',
  acknowledge: 'modal',
  async open(interaction, context) {
    const { store, texts, operator } = context;
    const guildId = requireManagedServer(interaction);
    const [, id, again] = interaction.customId.split(':');
    const embeds = again === 'retry' ? interaction.message?.embeds : undefined;
    const written = readWritten(embeds?.map(({ description }) => description) ?? []);
    const overrides = await store.settings.get(guildId);
    return settingsForm(readName(id), { operator, overrides, written }, texts);
  },
};

/** Takes a form: all of it, or nothing with the reason. */
const saveForm: ComponentHandler = {
  name: 'settings-save',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const guildId = requireManagedServer(interaction);
    if (!interaction.isModalSubmit()) return;
    const { store, pages, texts, operator, blockedWords } = context;
    const name = readName(interaction.customId.split(':')[1]);
    const input = readFormInput(interaction);
    const parsed = parseForm(name, input, texts);
    const refuse = (reason: string) =>
      pages.add(target, settingsRefusedPage(name, reason, input.text, texts));
    if ('reason' in parsed) return refuse(parsed.reason);
    if (Array.isArray(parsed.change.blockedWords)) {
      const lines = linesOf(input.text);
      const fault = await findListFault(lines, guildId, blockedWords, texts);
      if (fault !== null) return refuse(fault);
    }

    const wider = widerText(name, parsed.change, operator, texts);
    if (wider !== null) return refuse(wider);
    const before = await store.settings.get(guildId);
    const { unpriced } = effectiveSettings(operator, applyChange(before, parsed.change));
    const isAboutCost = name === 'guildCostMicrosPerDay' || name === 'models';
    if (isAboutCost && unpriced.length > 0) {
      return refuse(texts.settings.refused.noPrices(modelsText(unpriced)));
    }
    await store.settings.change(guildId, parsed.change, interaction.user.id);
    await showSettings(guildId, target, context);
  },
};

export const settingsComponents = [openForm, saveForm];

async function showSettings(
  guildId: string,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
  const { store, pages, texts, operator, blockedWords } = context;
  const overrides = await store.settings.get(guildId);
  const changes = await store.settings.changes(guildId, SHOWN_CHANGES);
  const note = await noteOnList(overrides.blockedWords ?? [], guildId, blockedWords, texts);
  const notes = note === undefined ? {} : { blockedWords: note };
  await pages.show(target, settingsPage(operator, overrides, changes, texts, notes));
}

/** Only buttons of another version name anything else. */
function readName(id: string | undefined): SettingName {
  return SETTING_NAMES.find((name) => name === id) ?? SETTING_NAMES[0];
}

/** The overrides as they would be after a change. */
function applyChange(overrides: GuildOverrides, change: SettingsChange): GuildOverrides {
  const entries = Object.entries({ ...overrides, ...change });
  return Object.fromEntries(entries.filter(([, value]) => value !== 'default'));
}

/** Why a new value cannot be taken, where the operator allows less; null where it can. */
function widerText(
  name: SettingName,
  change: SettingsChange,
  operator: OperatorSettings,
  texts: Texts,
): string | null {
  const own = change[name];
  if (own === undefined || own === 'default' || !isCeiling(name)) return null;
  if (!isWider(name, own, operator)) return null;
  const { names, operatorAllows, refused } = texts.settings;
  const allows = operatorAllows[name](shortValue(name, operator.defaults[name], texts));
  return refused.wider(names[name].name, allows);
}
