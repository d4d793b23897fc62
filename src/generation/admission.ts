import type { Logger } from 'pino';
import { Failure } from '../domain.ts';
import type { AdmissionLimits, NewReply, Store } from '../store/store.ts';
import type { BlockedWords } from './blocked-words.ts';
import { checkPolicy, type OperatorPolicy } from './policy.ts';
import { type AppliedSettings, type OperatorSettings, settingsOf } from './settings.ts';

export interface AdmissionDeps extends OperatorSettings {
  store: Pick<Store, 'replies' | 'settings'>;
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
  deps: AdmissionDeps & { blockedWords: BlockedWords },
): Promise<AppliedSettings> {
  const { store, operator, blockedWords, log } = deps;
  const { target } = reply;
  const settings = await settingsOf(target.guildId, deps);
  // The pictures of one reply are of one request, which is looked through once.
  for (const request of new Set(reply.generations.map((generation) => generation.request))) {
    checkPolicy(request, target, settings, operator, blockedWords);
  }

  const { limits } = limitsFor(roleIds, settings, deps);
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

/**
 * What a person with these roles is held against. Some are exempt from the limits of the person and
 * the server; the bot's own and the operator's ceiling on a server's cost hold for everybody, or an
 * admin could lift them by exempting every role.
 */
export function limitsFor(
  roleIds: readonly string[],
  settings: AppliedSettings,
  { defaults, bot }: Pick<OperatorSettings, 'defaults' | 'bot'>,
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
        guildCostMicrosPerDay: defaults.guildCostMicrosPerDay,
      }
    : { userOpen, userPicturesPerDay, userCooldownMs, guildPicturesPerDay, guildCostMicrosPerDay };
  const { picturesPerDay: botPicturesPerDay, costMicrosPerDay: botCostMicrosPerDay } = bot;
  return { limits: { ...own, botPicturesPerDay, botCostMicrosPerDay }, isExempt };
}
