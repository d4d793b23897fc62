import type { Logger } from 'pino';
import { Failure, type Refusal } from '../domain.ts';
import type { AdmissionLimits, NewReply, Store } from '../store/store.ts';
import type { BlockedWords } from '../word-filter/blocked-words.ts';
import { type AppliedSettings, type OperatorSettings, settingsOf } from './effective-settings.ts';
import { checkPolicy, checkWords, type OperatorPolicy } from './policy.ts';

export interface AdmissionDeps extends OperatorSettings {
  store: Pick<Store, 'replies' | 'settings'>;
  operator: OperatorPolicy;
  blockedWords: BlockedWords;
  log: Logger;
}

/**
 * Checks everything that may speak against a reply, and writes it with its generations into the
 * store in the same transaction that reserves their quota. Words are looked for last, when nothing
 * else is in the way: that alone takes time that a person can make long.
 *
 * @param prompts As they were typed; those of the reply are as they are sent.
 * @param roleIds The roles of the person; some may be exempt from the person's and server's limits.
 * @returns the settings that apply there.
 * @throws Failure `limit`, with the limit or rule that is in the way.
 */
export async function admit(
  reply: NewReply,
  prompts: readonly string[],
  roleIds: readonly string[],
  deps: AdmissionDeps,
): Promise<AppliedSettings> {
  const { store, operator, blockedWords, log } = deps;
  const { target } = reply;
  const settings = await settingsOf(target.guildId, store, deps);
  // The pictures of one reply are of one request, which is looked through once.
  for (const request of new Set(reply.generations.map((generation) => generation.request))) {
    checkPolicy(request, target, settings, operator);
  }

  const { limits } = limitsFor(roleIds, settings, deps);
  if (settings.blockedWords.length > 0) {
    const refusal = await store.replies.findRefusal(reply, limits);
    if (refusal !== null) throw refusedBy(refusal);
    await checkWords(prompts, target, settings, blockedWords);
  }
  const admission = await store.replies.admit(reply, limits);
  if (!admission.admitted) throw refusedBy(admission.refusal);
  for (const warning of admission.warnings) {
    log.warn(warning, 'four fifths of a limit for the whole bot are used today');
  }
  return settings;
}

function refusedBy(refusal: Refusal): Failure {
  return new Failure('limit', `refused by ${refusal.limit}`, { details: { refusal } });
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
