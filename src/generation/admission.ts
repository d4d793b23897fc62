import type { Logger } from 'pino';
import { Failure, type GuildSettings } from '../domain.ts';
import {
  type AdmissionLimits,
  effectiveSettings,
  type NewReply,
  type Store,
} from '../store/store.ts';
import type { BlockedWords } from './blocked-words.ts';
import { checkPolicy, type OperatorPolicy } from './policy.ts';

/** Limits for everybody together; null where there is none. */
export interface BotLimits {
  picturesPerDay: number | null;
  costMicrosPerDay: number | null;
}

export interface AdmissionDeps {
  store: Pick<Store, 'replies' | 'settings'>;
  /** What applies where a server set nothing. */
  defaults: GuildSettings;
  bot: BotLimits;
  operator: OperatorPolicy;
  log: Logger;
}

/**
 * Checks everything that may speak against a reply, and writes it with its generations into the
 * ledger in the same transaction that takes their shares.
 *
 * @param roleIds The roles of the person; some may be exempt from the person's and server's limits.
 * @returns the settings that apply there.
 * @throws Failure `limit`, with the limit or rule that is in the way.
 */
export async function admit(
  reply: NewReply,
  roleIds: readonly string[],
  {
    store,
    defaults,
    bot,
    operator,
    blockedWords,
    log,
  }: AdmissionDeps & { blockedWords: BlockedWords },
): Promise<GuildSettings> {
  const { target } = reply;
  const settings = await settingsOf(target.guildId, { store, defaults });
  // The pictures of one reply are of one request, which is looked through once.
  for (const request of new Set(reply.generations.map((generation) => generation.request))) {
    checkPolicy(request, target, settings, operator, blockedWords);
  }

  const { limits } = limitsFor(roleIds, settings, bot);
  const admission = await store.replies.admit(reply, limits);
  if (!admission.admitted) {
    throw new Failure('limit', `refused by ${admission.refusal.limit}`, {
      details: { refusal: admission.refusal },
    });
  }
  for (const warning of admission.warnings) {
    log.warn(warning, 'four fifths of a limit for the whole bot are used today');
  }
  return settings;
}

/** What applies in a server, or in a direct message. */
export async function settingsOf(
  guildId: string | null,
  { store, defaults }: { store: Pick<Store, 'settings'>; defaults: GuildSettings },
): Promise<GuildSettings> {
  return effectiveSettings(defaults, guildId === null ? {} : await store.settings.get(guildId));
}

/** What a person with these roles is held against: some may be exempt from all but the bot's own. */
export function limitsFor(
  roleIds: readonly string[],
  settings: GuildSettings,
  bot: BotLimits,
): { limits: AdmissionLimits; isExempt: boolean } {
  const isExempt = roleIds.some((id) => settings.exemptRoles.includes(id));
  const { userOpen, userPicturesPerDay, userCooldownMs } = settings;
  const { guildPicturesPerDay, guildCostMicrosPerDay } = settings;
  const own = isExempt
    ? {
        userOpen: null,
        userPicturesPerDay: null,
        userCooldownMs: null,
        guildPicturesPerDay: null,
        guildCostMicrosPerDay: null,
      }
    : { userOpen, userPicturesPerDay, userCooldownMs, guildPicturesPerDay, guildCostMicrosPerDay };
  const { picturesPerDay: botPicturesPerDay, costMicrosPerDay: botCostMicrosPerDay } = bot;
  return { limits: { ...own, botPicturesPerDay, botCostMicrosPerDay }, isExempt };
}
