import { InteractionContextType } from 'discord.js';
import { limitsFor } from '../src/admission/admit.ts';
import { settingsOf } from '../src/admission/effective-settings.ts';
import type { HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { mayManageServer } from '../src/discord/permissions.ts';
import { readRoleIds } from '../src/discord/reply-target.ts';
import { usageChartFile } from '../src/pages/usage-chart.ts';
import { type GuildUsage, type OwnUsage, USAGE_DAYS, usagePage } from '../src/pages/usage-page.ts';
import { nextUtcDayAt, utcDay, utcDayBefore, utcMonth } from '../src/store/store.ts';
import { limitsLeftText } from '../src/texts/limits-left.ts';

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
    const { guildId, userId } = target;
    const { operator, pages, texts } = context;
    const costKnown = Object.values(operator.prices).some((price) => price !== null);
    const own = await readOwn(userId, guildId, readRoleIds(interaction), context);
    const guild =
      guildId !== null && mayManageServer(interaction)
        ? await readGuild(guildId, costKnown, context)
        : null;
    await pages.show(target, usagePage(own, guild, { costKnown, texts }));
  },
};

async function readOwn(
  userId: string,
  guildId: string | null,
  roleIds: readonly string[],
  context: Pick<HandlerContext, 'store' | 'operator' | 'now' | 'texts'>,
): Promise<OwnUsage> {
  const { store, operator, now, texts } = context;
  const at = now();
  const settings = await settingsOf(guildId, store, operator);
  const taken = await store.usage.quotaUse({ userId, guildId });
  const here = { ...limitsFor(roleIds, settings, operator), taken };
  return {
    today: await store.usage.ofUser(userId, thisDay(at)),
    month: await store.usage.ofUser(userId, thisMonth(at)),
    left: limitsLeftText(here, { now: at, renewedAt: nextUtcDayAt(at), texts }),
  };
}

async function readGuild(
  guildId: string,
  costKnown: boolean,
  { store, now, texts, drawChart }: Pick<HandlerContext, 'store' | 'now' | 'texts' | 'drawChart'>,
): Promise<GuildUsage> {
  const at = now();
  const names = Array.from({ length: USAGE_DAYS }, (_, index) =>
    utcDayBefore(at, USAGE_DAYS - 1 - index),
  );
  const days = { from: names[0] ?? utcDay(at), to: utcDay(at) };
  const totals = await store.usage.guildDays(guildId, days);
  return {
    today: await store.usage.ofGuild(guildId, thisDay(at)),
    month: await store.usage.ofGuild(guildId, thisMonth(at)),
    days: await store.usage.ofGuild(guildId, days),
    topUsers: await store.usage.topUsers(guildId, utcMonth(at), TOP_USERS),
    chart: await usageChartFile(totals, names, { costKnown, texts, draw: drawChart }),
  };
}

function thisDay(at: number) {
  return { from: utcDay(at), to: utcDay(at) };
}

function thisMonth(at: number) {
  return { from: `${utcMonth(at)}-01`, to: utcDay(at) };
}
