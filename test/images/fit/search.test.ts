import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestUnder, type Encode, nextEncode, type Try } from '../../../src/images/fit/search.ts';

const OPTIONS = { fullScale: 1, frugalFrom: 86 };

/** How the size of some picture depends on how it is encoded. */
type Curve = (encode: Pick<Encode, 'quality' | 'scale'>) => number;

/** A picture whose size is `bytes` at quality 95, with the slopes that were measured on real ones. */
function curve(bytes: number, shape: { quality: number; bend: number; scale: number }): Curve {
  return ({ quality, scale }) => {
    const coarser = Math.log((100 - quality) / 5);
    return (
      bytes * Math.exp(-coarser * (shape.quality + shape.bend * coarser)) * scale ** shape.scale
    );
  };
}

/** Runs the search to its end. `share` is what a frugal encode comes to in the thorough way. */
function search(
  sizeOf: Curve,
  limitBytes: number,
  change: { share?: number; fullScale?: number; frugalFrom?: number } = {},
) {
  const { share = 0.94, ...rest } = change;
  const options = { ...OPTIONS, limitBytes, ...rest };
  const tries: Try[] = [];
  for (;;) {
    const encode = nextEncode(tries, options);
    if (encode === null) break;
    expect(encode.isFrugal).toBe(encode.quality >= options.frugalFrom);
    tries.push({ ...encode, bytes: Math.round(sizeOf(encode) / (encode.isFrugal ? share : 1)) });
    expect(tries.length).toBeLessThanOrEqual(4);
  }
  return { tries, best: bestUnder(tries, limitBytes) };
}

const LIMIT = 10_000_000;
const PHOTO = { quality: 0.75, bend: 0.05, scale: 1.8 };

describe('the search for an encode', () => {
  it('is over after one encode when quality 95 fits', () => {
    const { tries } = search(curve(9_000_000, PHOTO), LIMIT);
    expect(tries).toMatchObject([{ quality: 95, scale: 1 }]);
  });

  it('lowers the quality, not the pixels, when that is enough', () => {
    const { best, tries } = search(curve(14_000_000, PHOTO), LIMIT);
    expect(best).toMatchObject({ scale: 1, quality: 91 });
    expect(tries.length).toBeLessThanOrEqual(3);
  });

  it('keeps every pixel when quality 80 only just fits', () => {
    const sizeOf = curve(30_000_000, PHOTO);
    const limit = Math.ceil(sizeOf({ quality: 80, scale: 1 }));
    expect(search(sizeOf, limit).best).toMatchObject({ quality: 80, scale: 1 });
  });

  it('shrinks the pixels at quality 80 when that is just over the limit', () => {
    const sizeOf = curve(30_000_000, PHOTO);
    const { best } = search(sizeOf, Math.floor(sizeOf({ quality: 80, scale: 1 })) - 1);
    expect(best?.quality).toBe(80);
    expect(best?.scale).toBeLessThan(1);
    expect(best?.scale).toBeGreaterThan(0.9);
  });

  it('begins at the largest scale that the format can hold', () => {
    const { tries, best } = search(curve(30_000_000, PHOTO), LIMIT, { fullScale: 0.5 });
    expect(tries[0]?.scale).toBe(0.5);
    expect(best).toMatchObject({ quality: 95, scale: 0.5 });
  });

  it('gives up after four encodes of a picture that never gets smaller', () => {
    const { tries, best } = search(() => 2 * LIMIT, LIMIT);
    expect(tries).toHaveLength(4);
    expect(best).toBeNull();
  });

  it('ends well for every picture that behaves like a measured one', () => {
    const shape = fc.record({
      quality: fc.double({ min: 0.5, max: 0.9, noNaN: true }),
      bend: fc.double({ min: -0.05, max: 0.25, noNaN: true }),
      scale: fc.double({ min: 1.45, max: 2.8, noNaN: true }),
    });
    const over = fc.double({ min: Math.log(0.8), max: Math.log(12), noNaN: true });
    const share = fc.double({ min: 0.91, max: 0.97, noNaN: true });
    const frugalFrom = fc.constantFrom(0, 86, 101);
    fc.assert(
      fc.property(shape, over, share, frugalFrom, (form, overBy, share, frugalFrom) => {
        const sizeOf = curve(LIMIT * Math.exp(overBy), form);
        const { best } = search(sizeOf, LIMIT, { share, frugalFrom });
        expect(best).not.toBeNull();
        if (best === null) return;
        expect(best.bytes).toBeLessThanOrEqual(LIMIT);
        expect(best.quality === 95 || best.bytes >= 0.7 * LIMIT).toBe(true);
        if (best.scale === 1) return;
        // Pixels were lost, so they had to be, and only as many as it took.
        expect(best.quality).toBe(80);
        const whole = sizeOf({ quality: 80, scale: 1 }) / (frugalFrom === 0 ? share : 1);
        expect(whole).toBeGreaterThan(LIMIT);
      }),
      { numRuns: 2_000 },
    );
  });
});
