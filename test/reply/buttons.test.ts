import { describe, expect, it } from 'vitest';
import type { ImageSize } from '../../src/domain.ts';
import { doneButtons, galleryButtons, type Row } from '../../src/reply/buttons.ts';
import { english } from '../../src/reply/texts.ts';
import { sampleRequest } from '../support/samples.ts';

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
    const request = sampleRequest({ size: '1K' });
    const picture = { number: 1, generationId: 'abc', size: request.size, isMade: true };
    expect(sizesIn(doneButtons({ ...about, generationId: 'abc', request }, english))).toEqual(
      sizes,
    );
    const gallery = { ...about, pictures: [picture], mayRedoAll: true };
    expect(sizesIn(galleryButtons(gallery, english))).toEqual(sizes);
  });
});
