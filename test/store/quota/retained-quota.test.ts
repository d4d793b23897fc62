import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../../src/domain.ts';
import { type GenerationOutcome, retainedQuota } from '../../../src/store/quota/retained-quota.ts';

const facts = (change: Partial<GenerationOutcome>): GenerationOutcome => ({
  end: 'made',
  asked: true,
  charged: true,
  accounted: true,
  reservedMicros: 70_000,
  reportedMicros: null,
  ...change,
});
const BOTH_BACK = { picture: false, costMicros: 0 };

const KINDS: FailureKind[] = [
  'refused_prompt',
  'refused_image',
  'no_image',
  'busy',
  'cut',
  'timeout',
  'bad_answer',
  'rejected',
  'reference',
  'misconfigured',
  'limit',
  'no_space',
  'cancelled',
  'interrupted',
  'internal',
];

describe('the quota that a generation keeps', () => {
  it.each(KINDS)('is nothing for %s before the model was asked', (end) => {
    expect(retainedQuota(facts({ end, asked: false, charged: false }))).toEqual(BOTH_BACK);
  });

  it('is the picture and its estimated cost after a cancel, or what was told where that is more', () => {
    const cancelled = facts({ end: 'cancelled', accounted: false });
    expect(retainedQuota(cancelled)).toEqual({ picture: true, costMicros: 70_000 });
    expect(retainedQuota({ ...cancelled, reportedMicros: 400 }).costMicros).toBe(70_000);
    expect(retainedQuota({ ...cancelled, reportedMicros: 90_000 }).costMicros).toBe(90_000);
    expect(retainedQuota({ ...cancelled, charged: false, accounted: true }).picture).toBe(true);
  });

  it.each(['cut', 'timeout', 'bad_answer', 'interrupted', 'internal', 'no_space'] as const)(
    'is the estimated cost alone after %s, where the model may have worked',
    (end) => {
      const unknown = facts({ end, accounted: false });
      expect(retainedQuota(unknown)).toEqual({ picture: false, costMicros: 70_000 });
      expect(retainedQuota({ ...unknown, accounted: true, reportedMicros: 900 }).costMicros).toBe(
        70_000,
      );
    },
  );

  it.each(['busy', 'rejected', 'misconfigured', 'refused_prompt', 'refused_image'] as const)(
    'is nothing after %s where the provider surely charged nothing',
    (end) => {
      expect(retainedQuota(facts({ end, charged: false }))).toEqual(BOTH_BACK);
    },
  );

  it('is the estimated cost where an earlier request was cut and the last one found no room', () => {
    const end = facts({ end: 'busy', accounted: false });
    expect(retainedQuota(end)).toEqual({ picture: false, costMicros: 70_000 });
  });

  it.each(['refused_prompt', 'refused_image', 'no_image'] as const)(
    'is the picture and the cost that was told after %s behind the model’s work',
    (end) => {
      const told = facts({ end, reportedMicros: 900 });
      expect(retainedQuota(told)).toEqual({ picture: true, costMicros: 900 });
      const untold = facts({ end, accounted: false });
      expect(retainedQuota(untold)).toEqual({ picture: true, costMicros: 70_000 });
    },
  );

  it('is what was told for a picture, and no less than the estimate where a part was not told', () => {
    expect(retainedQuota(facts({ reportedMicros: 68_000 }))).toEqual({
      picture: true,
      costMicros: 68_000,
    });
    expect(retainedQuota(facts({ reportedMicros: 900, accounted: false })).costMicros).toBe(70_000);
  });

  it('is never negative, and never more than the larger of estimate and told', () => {
    const cost = fc.nat(1_000_000);
    const anyFacts = fc.record<GenerationOutcome>({
      end: fc.constantFrom<GenerationOutcome['end']>('made', ...KINDS),
      asked: fc.boolean(),
      charged: fc.boolean(),
      accounted: fc.boolean(),
      reservedMicros: cost,
      reportedMicros: fc.option(cost),
    });
    fc.assert(
      fc.property(anyFacts, (of) => {
        const { costMicros } = retainedQuota(of);
        expect(costMicros).toBeGreaterThanOrEqual(0);
        expect(costMicros).toBeLessThanOrEqual(Math.max(of.reservedMicros, of.reportedMicros ?? 0));
      }),
    );
  });
});
