import fc from 'fast-check';
import { type GuildSettings, IMAGE_SIZES } from '../../src/domain.ts';

const limit = fc.option(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { nil: null });
const role = fc
  .bigInt({ min: 10n ** 16n, max: 10n ** 20n - 1n })
  .map((id) => String(id).padStart(17, '0'));
const entry = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 });

/** All settings with any values that a store or an environment can hold, long lists among them. */
export const settingsOfAnyKind: fc.Arbitrary<GuildSettings> = fc.record({
  userOpen: limit,
  userPicturesPerDay: limit,
  userCooldownMs: limit,
  guildPicturesPerDay: limit,
  guildCostMicrosPerDay: limit,
  models: fc.subarray(['flash', 'pro'] as const).map((models) => [...models]),
  largestSize: fc.constantFrom(...IMAGE_SIZES),
  privateAllowed: fc.boolean(),
  blockedWords: fc.array(entry, { maxLength: 300, size: 'max' }),
  exemptRoles: fc.array(role, { maxLength: 200, size: 'max' }),
});
