import { describe, expect, it } from 'vitest';
import { costMicros, estimateCostMicros } from '../../src/admission/cost.ts';
import { sampleRequest } from '../support/samples.ts';

const prices = { flash: { input: 0.5, text: 3, image: 60 }, pro: null };
const usage = { promptTokens: 8, imageTokens: 1_120, thoughtTokens: 264, totalTokens: 1_392 };

describe('the cost of a generation', () => {
  it('is its tokens at their prices, in millionths of a dollar', () => {
    expect(costMicros('flash', usage, prices)).toBe(8 * 0.5 + 264 * 3 + 1_120 * 60);
  });

  it('counts words that only the total shows', () => {
    const wordy = { ...usage, totalTokens: 1_492 };
    expect(costMicros('flash', wordy, prices)).toBe(8 * 0.5 + 364 * 3 + 1_120 * 60);
  });

  it('is never negative where the parts add up to more than the total', () => {
    const odd = { promptTokens: 8, imageTokens: null, thoughtTokens: 5_000, totalTokens: 300 };
    expect(costMicros('flash', odd, prices)).toBe(4 + 5_000 * 3);
  });

  it('is unknown without prices, without usage, and with an empty one', () => {
    expect(costMicros('pro', usage, prices)).toBeNull();
    expect(costMicros('flash', null, prices)).toBeNull();
    const empty = { promptTokens: null, imageTokens: null, thoughtTokens: null, totalTokens: null };
    expect(costMicros('flash', empty, prices)).toBeNull();
  });

  it('is reserved by what the size usually takes, and by nothing without prices', () => {
    const small = estimateCostMicros(sampleRequest({ model: 'flash', size: '1K' }), prices);
    const large = estimateCostMicros(sampleRequest({ model: 'flash', size: '4K' }), prices);
    expect(small).toBeGreaterThan(1_120 * 60);
    expect(large - small).toBe((2_520 - 1_120) * 60);
    expect(estimateCostMicros(sampleRequest({ model: 'pro' }), prices)).toBe(0);
  });
});
