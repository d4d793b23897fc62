import { describe, expect, it } from 'vitest';
import type { ImageSize } from '../../src/domain.ts';
import { doneButtons, galleryButtons, type Row } from '../../src/reply/buttons.ts';
import { english } from '../../src/texts/english.ts';

/** The sizes to which they offer to enlarge, by button or choice. */
function sizesIn(rows: Row[]): string[] {
  return [...JSON.stringify(rows).matchAll(/enlarge:abc:(\dK)/g)].map(([, size = '']) => size);
}

describe('the offer to enlarge', () => {
  it.each([
    ['4K', ['2K', '4K']],
    ['2K', ['2K']],
    ['1K', []],
  ] as const)('goes no further than what is allowed in this place (%s)', (largestSize, sizes) => {
    const about = { replyId: 'reply', isPrivate: false, largestSize: largestSize as ImageSize };
    const image = { width: 1_024, height: 1_024 };
    const picture = { number: 1, generationId: 'abc', image };
    expect(sizesIn(doneButtons({ ...about, generationId: 'abc', image }, english))).toEqual(sizes);
    const gallery = { ...about, pictures: [picture], mayRedoAll: true };
    expect(sizesIn(galleryButtons(gallery, english))).toEqual(sizes);
  });
});
