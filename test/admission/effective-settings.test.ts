import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitsFor } from '../../src/admission/admit.ts';
import {
  effectiveSettings,
  isCeiling,
  isWider,
  type OperatorSettings,
} from '../../src/admission/effective-settings.ts';
import { type GuildSettings, IMAGE_SIZES } from '../../src/domain.ts';
import { settingsOfAnyKind } from '../support/settings.ts';

const price = { input: 1, text: 1, image: 1 };
const DEFAULTS: GuildSettings = {
  userOpen: 4,
  userPicturesPerDay: 50,
  userCooldownMs: null,
  guildPicturesPerDay: null,
  guildCostMicrosPerDay: null,
  models: ['flash', 'pro'],
  largestSize: '4K',
  privateAllowed: true,
  blockedWords: [],
  exemptRoles: [],
};
const NO_LIMITS = { picturesPerDay: null, costMicrosPerDay: null };

function operator(defaults: Partial<GuildSettings> = {}, change: Partial<OperatorSettings> = {}) {
  const prices = { flash: price, pro: price };
  return { defaults: { ...DEFAULTS, ...defaults }, bot: NO_LIMITS, prices, ...change };
}

describe('the settings that apply on a server', () => {
  it('are the operator’s where the server set none, and its own where they are defaults', () => {
    const applied = effectiveSettings(operator(), { userOpen: 50, userPicturesPerDay: null });
    expect(applied).toEqual({ ...DEFAULTS, unpriced: [], userOpen: 50, userPicturesPerDay: null });
  });

  it('tighten a ceiling of the operator', () => {
    const own: Partial<GuildSettings> = {
      guildCostMicrosPerDay: 1_000_000,
      models: ['pro'],
      largestSize: '1K',
      privateAllowed: false,
    };
    expect(effectiveSettings(operator({ guildCostMicrosPerDay: 2_000_000 }), own)).toMatchObject(
      own,
    );
  });

  it.each([
    ['guildCostMicrosPerDay', 5_000_000, 9_000_000],
    ['guildCostMicrosPerDay', 5_000_000, null],
    ['models', ['flash'], ['flash', 'pro']],
    ['largestSize', '2K', '4K'],
    ['privateAllowed', false, true],
  ] as const)('clip a wider %s of a server: %j, not %j', (name, operators, own) => {
    const strict = operator({ [name]: operators });
    expect(effectiveSettings(strict, { [name]: own })[name]).toEqual(operators);
    expect(isWider(name, own as never, strict)).toBe(true);
  });

  it('leave no model where the server wants only those that the operator does not allow', () => {
    expect(effectiveSettings(operator({ models: ['flash'] }), { models: ['pro'] }).models).toEqual(
      [],
    );
  });

  it('add the server’s blocked words to the operator’s', () => {
    const strict = operator({ blockedWords: ['swamp'] });
    expect(effectiveSettings(strict, { blockedWords: [] }).blockedWords).toEqual(['swamp']);
    expect(effectiveSettings(strict, { blockedWords: ['fox', 'swamp'] }).blockedWords).toEqual([
      'swamp',
      'fox',
    ]);
  });

  it.each([
    ['of the whole bot', {}, { bot: { ...NO_LIMITS, costMicrosPerDay: 1 } }, {}],
    ['of the operator for each server', { guildCostMicrosPerDay: 1 }, {}, {}],
    ['of the server itself', {}, {}, { guildCostMicrosPerDay: 1 }],
  ])('leave only models with prices under a cost limit %s', (_of, defaults, change, own) => {
    const prices = { flash: price, pro: null };
    const limited = operator(defaults, { ...change, prices });
    const applied = effectiveSettings(limited, { ...own, models: ['flash', 'pro'] });
    expect(applied).toMatchObject({ models: ['flash'], unpriced: ['pro'] });
  });

  it('need no prices without a cost limit', () => {
    const unpriced = operator({}, { prices: { flash: null, pro: null } });
    expect(effectiveSettings(unpriced, {}).models).toEqual(['flash', 'pro']);
  });

  it('never allow more than the operator does, whatever a server set', () => {
    fc.assert(
      fc.property(settingsOfAnyKind, settingsOfAnyKind, (defaults, own) => {
        const applied = effectiveSettings(operator(defaults), own);
        const bound = defaults.guildCostMicrosPerDay ?? Number.POSITIVE_INFINITY;
        expect(applied.guildCostMicrosPerDay ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(
          bound,
        );
        expect(defaults.models).toEqual(expect.arrayContaining(applied.models));
        expect(IMAGE_SIZES.indexOf(applied.largestSize)).toBeLessThanOrEqual(
          IMAGE_SIZES.indexOf(defaults.largestSize),
        );
        expect(applied.privateAllowed && !defaults.privateAllowed).toBe(false);
        expect(applied.blockedWords).toEqual(expect.arrayContaining(defaults.blockedWords));
        // Whatever is no ceiling is the server's own.
        for (const name of Object.keys(own) as (keyof GuildSettings)[]) {
          if (!isCeiling(name)) expect(applied[name]).toEqual(own[name]);
        }
      }),
    );
  });
});

describe('the limits that somebody with an exempt role is held to', () => {
  it('are the bot’s own, and the operator’s ceiling on the server’s cost', () => {
    const strict = operator({ guildCostMicrosPerDay: 5_000_000 });
    const own = { exemptRoles: ['77'], guildCostMicrosPerDay: 1_000_000 };
    const settings = effectiveSettings(strict, own);
    const { limits, isExempt } = limitsFor(['77'], settings, strict);
    expect(isExempt).toBe(true);
    expect(limits).toMatchObject({ userOpen: null, guildCostMicrosPerDay: 5_000_000 });
    expect(limitsFor([], settings, strict).limits.guildCostMicrosPerDay).toBe(1_000_000);
  });
});
