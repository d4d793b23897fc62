import { InteractionContextType, PermissionFlagsBits } from 'discord.js';
import type { ComponentHandler, HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { requireManagedServer } from '../src/discord/permissions.ts';
import { MODEL_LABELS, type ReplyTarget } from '../src/domain.ts';
import type { Prices } from '../src/generation/cost.ts';
import {
  SETTING_NAMES,
  type SettingName,
  SHOWN_CHANGES,
  settingsPage,
} from '../src/reply/settings-page.ts';
import { readWritten, settingsRefusedPage } from '../src/reply/settings-refused-page.ts';
import type { Texts } from '../src/reply/texts.ts';
import { effectiveSettings, type GuildOverrides, type SettingsChange } from '../src/store/store.ts';
import { readFilled, settingsForm } from './settings/form.ts';
import { readForm } from './settings/values.ts';

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
  async open(interaction, { store, limits, texts }) {
    const guildId = requireManagedServer(interaction);
    const [, id, again] = interaction.customId.split(':');
    const embeds = again === 'retry' ? interaction.message?.embeds : undefined;
    const written = readWritten(embeds?.map(({ description }) => description) ?? []);
    const overrides = await store.settings.get(guildId);
    return settingsForm(readName(id), { defaults: limits.defaults, overrides, written }, texts);
  },
};

/** Takes a form: all of it, or nothing with the reason. */
const saveForm: ComponentHandler = {
  name: 'settings-save',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const guildId = requireManagedServer(interaction);
    if (!interaction.isModalSubmit()) return;
    const { store, limits, prices, pages, texts } = context;
    const name = readName(interaction.customId.split(':')[1]);
    const filled = readFilled(interaction);
    const read = readForm(name, filled, texts);
    const refuse = (reason: string) =>
      pages.add(target, settingsRefusedPage(name, reason, filled.text, texts));
    if ('reason' in read) return refuse(read.reason);

    const before = await store.settings.get(guildId);
    const after = effectiveSettings(limits.defaults, applyChange(before, read.change));
    const unpriced = after.models.filter((model) => prices[model] === null);
    if (after.guildCostMicrosPerDay !== null && unpriced.length > 0) {
      return refuse(noPricesText(unpriced, texts));
    }
    await store.settings.change(guildId, read.change, interaction.user.id);
    await showSettings(guildId, target, context);
  },
};

export const settingsComponents = [openForm, saveForm];

async function showSettings(
  guildId: string,
  target: ReplyTarget,
  { store, limits, pages, texts }: HandlerContext,
): Promise<void> {
  const overrides = await store.settings.get(guildId);
  const changes = await store.settings.changes(guildId, SHOWN_CHANGES);
  await pages.show(target, settingsPage(limits.defaults, overrides, changes, texts));
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

function noPricesText(models: (keyof Prices)[], { settings: { refused } }: Texts): string {
  return refused.noPrices(models.map((model) => MODEL_LABELS[model]).join(', '));
}
