import { InteractionContextType } from 'discord.js';
import { limitsFor } from '../src/admission/admit.ts';
import { settingsOf } from '../src/admission/effective-settings.ts';
import type { HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { mayManageServer } from '../src/discord/permissions.ts';
import { readRoleIds } from '../src/discord/reply-target.ts';
import type { ReplyTarget } from '../src/domain.ts';
import { usageChartFile } from '../src/pages/usage-chart.ts';
import {
  type GuildUsage,
  limitsLeftText,
  type OwnUsage,
  USAGE_DAYS,
  usagePage,
} from '../src/pages/usage-page.ts';
import { nextUtcDayAt, utcDay, utcDayBefore, utcMonth } from '../src/store/store.ts';

const data = {
  name: 'usage',
  description: 'What you used, and what is left',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
} as const satisfies SlashCommand['data'];

const TOP_USERS = 10;

/** `/usage`: mine, what is left, and the server's for those who manage it. Always private. */
export const usage: SlashCommand = {
  data: data as SlashCommand['data'],
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const { guildId } = target;
    const { operator, pages, texts } = context;
    const costKnown = Object.values(operator.prices).some((price) => price !== null);
    const own = await readOwn(target, readRoleIds(interaction), context);
    const guild =
      guildId !== null && mayManageServer(interaction)
        ? await readGuild(guildId, costKnown, context)
        : null;
    await pages.show(target, usagePage(own, guild, { costKnown, texts }));
  },
};

async function readOwn(
  { userId, guildId }: ReplyTarget,
  roleIds: readonly string[],
  { store, operator, now, texts }: HandlerContext,
): Promise<OwnUsage> {
  const at = now();
  const { today, month } = periodsAt(at);
  const settings = await settingsOf(guildId, store, operator);
  const taken = await store.usage.quotaUse({ userId, guildId });
  const here = { ...limitsFor(roleIds, settings, operator), taken };
  return {
    today: await store.usage.ofUser(userId, today),
    month: await store.usage.ofUser(userId, month),
    left: limitsLeftText(here, { now: at, renewedAt: nextUtcDayAt(at), texts }),
  };
}

async function readGuild(
  guildId: string,
  costKnown: boolean,
  { store, now, texts, drawChart }: HandlerContext,
): Promise<GuildUsage> {
  const at = now();
  const { today, month } = periodsAt(at);
  const names = Array.from({ length: USAGE_DAYS }, (_, index) =>
    utcDayBefore(at, USAGE_DAYS - 1 - index),
  );
  const days = { from: names[0] ?? today.from, to: today.to };
  const totals = await store.usage.guildDays(guildId, days);
  return {
    today: await store.usage.ofGuild(guildId, today),
    month: await store.usage.ofGuild(guildId, month),
    days: await store.usage.ofGuild(guildId, days),
    topUsers: await store.usage.topUsers(guildId, utcMonth(at), TOP_USERS),
    chart: await usageChartFile(totals, names, { costKnown, texts, draw: drawChart }),
  };
}

function periodsAt(at: number) {
  const to = utcDay(at);
  return { today: { from: to, to }, month: { from: `${utcMonth(at)}-01`, to } };
}
