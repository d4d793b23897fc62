import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASPECT_RATIOS, IMAGE_SIZES, type ImageSize } from '../../src/domain.ts';
import { english } from '../../src/texts/english.ts';
import { keptRatio, largerSizes, shapeOf, shapeText } from '../../src/texts/image-shape.ts';

/** At 1K, as Google's pages list them; 2K doubles and 4K quadruples each side. */
const LISTED = [
  ['1:1', 1_024, 1_024],
  ['4:3', 1_200, 896],
  ['3:4', 896, 1_200],
  ['16:9', 1_376, 768],
  ['9:16', 768, 1_376],
  ['2:3', 848, 1_264],
  ['3:2', 1_264, 848],
  ['4:5', 928, 1_152],
  ['5:4', 1_152, 928],
  ['21:9', 1_584, 672],
  // Seen in recordings.
  ['16:9', 1_408, 768],
] as const;

describe('the shape of an image', () => {
  it.each(LISTED)('is %s for %i×%i and its larger sizes', (ratio, width, height) => {
    for (const [size, scale] of [
      ['1K', 1],
      ['2K', 2],
      ['4K', 4],
    ] as const) {
      const image = { width: width * scale, height: height * scale };
      expect(shapeOf(image)).toEqual({ ratio, size });
    }
  });

  it('has no name where no known one is near', () => {
    expect(shapeOf({ width: 1_000, height: 620 })).toEqual({ ratio: null, size: null });
    expect(shapeOf({ width: 1_500, height: 1_500 })).toEqual({ ratio: '1:1', size: null });
    expect(shapeOf({ width: 512, height: 512 })).toEqual({ ratio: '1:1', size: null });
    expect(shapeOf({ width: 3_840, height: 2_160 })).toEqual({ ratio: '16:9', size: null });
    expect(shapeOf({ width: 0, height: 0 })).toEqual({ ratio: null, size: null });
  });
});

describe('the words for it', () => {
  it.each([
    [
      'what came alone, where it was asked for',
      { ratio: '16:9', size: '1K' },
      [1_408, 768],
      '16:9 · 1K (1408×768)',
    ],
    [
      'what came alone, where the model was to choose',
      { ratio: null, size: '1K' },
      [848, 1_264],
      '2:3 · 1K (848×1264)',
    ],
    [
      'both where neither was asked for',
      { ratio: '16:9', size: '2K' },
      [1_024, 1_024],
      '1:1 · 1K (1024×1024) · asked for 16:9 2K',
    ],
    [
      'the size asked for, where only that differs',
      { ratio: '1:1', size: '2K' },
      [1_024, 1_024],
      '1:1 · 1K (1024×1024) · asked for 2K',
    ],
    [
      'the ratio asked for, where only that differs',
      { ratio: '4:3', size: '1K' },
      [1_024, 1_024],
      '1:1 · 1K (1024×1024) · asked for 4:3',
    ],
    [
      'the size asked for, where more came',
      { ratio: '1:1', size: '1K' },
      [4_096, 4_096],
      '1:1 · 4K (4096×4096) · asked for 1K',
    ],
    [
      'plain pixels where no size is near',
      { ratio: '1:1', size: '1K' },
      [512, 512],
      '1:1 · 512×512 · asked for 1K',
    ],
    [
      'plain pixels alone where nothing is near',
      { ratio: null, size: '1K' },
      [1_000, 620],
      '1000×620 · asked for 1K',
    ],
  ] as const)('say %s', (_, asked, [width, height], words) => {
    expect(shapeText(asked, { width, height }, english)).toBe(words);
  });

  it('say what was asked for while there is no image', () => {
    expect(shapeText({ ratio: '16:9', size: '2K' }, null, english)).toBe('16:9 · 2K');
    expect(shapeText({ ratio: null, size: '2K' }, null, english)).toBe('2K');
  });
});

describe('what is larger than an image', () => {
  it.each([
    [
      [1_024, 1_024],
      ['2K', '4K'],
    ],
    [
      [1_376, 768],
      ['2K', '4K'],
    ],
    [
      [1_500, 1_500],
      ['2K', '4K'],
    ],
    [[2_752, 1_536], ['4K']],
    [
      [512, 512],
      ['1K', '2K', '4K'],
    ],
    [[5_504, 3_072], []],
    [[9_000, 9_000], []],
  ] as const)('is told by its pixels (%j)', ([width, height], sizes) => {
    expect(largerSizes({ width, height })).toEqual(sizes);
  });

  it('never passes the largest size allowed, nor has fewer pixels', () => {
    const side = fc.integer({ min: 1, max: 10_000 });
    fc.assert(
      fc.property(side, side, fc.constantFrom(...IMAGE_SIZES), (width, height, largest) => {
        const sizes = largerSizes({ width, height }, largest);
        const area = (size: ImageSize) => (Number.parseInt(size, 10) * 1_024) ** 2;
        for (const size of sizes) expect(area(size)).toBeGreaterThan(width * height);
        for (const size of sizes) expect(area(size)).toBeLessThanOrEqual(area(largest));
        expect(sizes).not.toContain(shapeOf({ width, height }).size);
      }),
    );
  });
});

it('an image is made again in the ratio asked for only where that is what came', () => {
  for (const ratio of ASPECT_RATIOS) {
    const [wide = 1, high = 1] = ratio.split(':').map(Number);
    const image = { width: wide * 200, height: high * 200 };
    expect(keptRatio(ratio, image)).toBe(ratio);
    expect(keptRatio(ratio, { width: 1_800, height: 500 })).toBeNull();
    expect(keptRatio(ratio, null)).toBe(ratio);
    expect(keptRatio(null, image)).toBeNull();
  }
});
