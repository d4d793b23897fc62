import { type GuildSettings, IMAGE_SIZES, type ModelKey } from '../domain.ts';
import type { GuildOverrides, Store } from '../store/store.ts';
import type { Prices } from './cost.ts';

/** Limits for everybody together; null where there is none. */
export interface BotLimits {
  picturesPerDay: number | null;
  costMicrosPerDay: number | null;
}

/** What the operator set, as far as it decides what applies on a server. */
export interface OperatorSettings {
  /** Defaults for what a server may set either way, and ceilings for the rest (`CEILINGS`). */
  defaults: GuildSettings;
  bot: BotLimits;
  prices: Prices;
}

/** The settings that apply in one place. */
export interface AppliedSettings extends GuildSettings {
  /** Allowed by operator and server, but without prices under a cost limit; not in `models`. */
  unpriced: readonly ModelKey[];
}

/** What applies where a server set a value of its own. */
type Ceiling<Value> = (operators: Value, own: Value) => Value;

/**
 * The settings that a server can tighten and never widen, each with how its own value is held under
 * the operator's. Every other setting of the operator is a default, which a server may change.
 */
const CEILINGS = {
  guildCostMicrosPerDay: (operators, own) => (isOver(own, operators) ? operators : own),
  models: (operators, own) => operators.filter((model) => own.includes(model)),
  largestSize: (operators, own) =>
    IMAGE_SIZES.indexOf(own) > IMAGE_SIZES.indexOf(operators) ? operators : own,
  privateAllowed: (operators, own) => operators && own,
  // A server adds to the operator's list, whatever its own one holds.
  blockedWords: (operators, own) => [...new Set([...operators, ...own])],
} as const satisfies { [Name in keyof GuildSettings]?: Ceiling<GuildSettings[Name]> };

export type CeilingName = keyof typeof CEILINGS;

/** Whether a server can only tighten this setting. */
export function isCeiling(name: keyof GuildSettings): name is CeilingName {
  return Object.hasOwn(CEILINGS, name);
}

/** Whether a server's own value of a setting allows more than the operator does. */
export function isWider<Name extends keyof GuildSettings>(
  name: Name,
  own: GuildSettings[Name],
  { defaults }: Pick<OperatorSettings, 'defaults'>,
): boolean {
  const applied = clip(name, defaults, own);
  return Array.isArray(own) && Array.isArray(applied)
    ? !new Set<string>(own).isSubsetOf(new Set(applied))
    : own !== applied;
}

/**
 * The settings that apply: a server's own where it has one, null (no limit) included, held under the
 * operator's ceilings. Under any cost limit only models with prices are left: what is not counted
 * would switch the limit off.
 */
export function effectiveSettings(
  { defaults, bot, prices }: OperatorSettings,
  overrides: GuildOverrides,
): AppliedSettings {
  const settings = { ...defaults };
  for (const name of Object.keys(overrides) as (keyof GuildSettings)[]) {
    take(settings, name, defaults, overrides);
  }
  const limits = [
    settings.guildCostMicrosPerDay,
    defaults.guildCostMicrosPerDay,
    bot.costMicrosPerDay,
  ];
  const isLimited = limits.some((limit) => limit !== null);
  const unpriced = settings.models.filter((model) => isLimited && prices[model] === null);
  const models = settings.models.filter((model) => !unpriced.includes(model));
  return { ...settings, models, unpriced };
}

/** What applies on a server; null for a place outside of servers, which sets nothing of its own. */
export async function settingsOf(
  guildId: string | null,
  store: Pick<Store, 'settings'>,
  operator: OperatorSettings,
): Promise<AppliedSettings> {
  return effectiveSettings(operator, guildId === null ? {} : await store.settings.get(guildId));
}

function take<Name extends keyof GuildSettings>(
  settings: GuildSettings,
  name: Name,
  defaults: GuildSettings,
  overrides: GuildOverrides,
): void {
  const own = overrides[name];
  if (own !== undefined) settings[name] = clip(name, defaults, own);
}

/** A server's own value of a setting, held under the operator's where that is a ceiling. */
function clip<Name extends keyof GuildSettings>(
  name: Name,
  defaults: GuildSettings,
  own: GuildSettings[Name],
): GuildSettings[Name] {
  const ceilings: { [Known in keyof GuildSettings]?: Ceiling<GuildSettings[Known]> } = CEILINGS;
  const ceiling: Ceiling<GuildSettings[Name]> | undefined = ceilings[name];
  return ceiling === undefined ? own : ceiling(defaults[name], own);
}

/** Whether a limit lets more pass than a bound; null is no limit at all. */
function isOver(limit: number | null, bound: number | null): boolean {
  return bound !== null && (limit === null || limit > bound);
}
