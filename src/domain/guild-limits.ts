import type { ImageSize, ModelKey } from './generation-request.ts';

/** What admission holds back. Days are UTC days; costs are in millionths of a dollar. */
export type LimitName =
  | 'user_open'
  | 'user_cooldown'
  | 'user_pictures'
  | 'guild_pictures'
  | 'guild_cost'
  | 'bot_pictures'
  | 'bot_cost';

/** Why admission said no. */
export interface Refusal {
  limit: LimitName;
  /** The limit itself: pictures, millionths of a dollar, or (cooldown) milliseconds. */
  value: number;
  /** What is left of it now, in the same unit; never negative. */
  left: number;
  /** What was asked for, in the same unit; more than `value` can never pass. */
  asked: number;
  /**
   * Epoch milliseconds; null when it frees as soon as one of the person's own finishes
   * (`user_open`), and when so much never passes (`asked > value`).
   */
  freesAt: number | null;
}

/**
 * What a guild may set for itself; the environment gives the defaults. Limits are null where
 * there is none; costs are in millionths of a dollar.
 */
export interface GuildSettings {
  /** Generations of one person that have not ended. */
  userOpen: number | null;
  userPicturesPerDay: number | null;
  /** Between two requests of one person. */
  userCooldownMs: number | null;
  guildPicturesPerDay: number | null;
  guildCostMicrosPerDay: number | null;
  models: ModelKey[];
  largestSize: ImageSize;
  privateAllowed: boolean;
  /** Whole words, or `/regular expressions/`. */
  blockedWords: string[];
  /** Ids of roles that the person's and the guild's limits do not hold back. */
  exemptRoles: string[];
}
