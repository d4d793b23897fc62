import { ComponentType } from 'discord-api-types/v10';
import { describe, expect, it } from 'vitest';
import type { ImageSize } from '../../../src/domain.ts';
import { endedButtons, type Row } from '../../../src/reply/render/buttons.ts';
import { english } from '../../../src/texts/english.ts';

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
    const pictures = [{ number: 1, generationId: 'abc', image }];
    for (const isSingle of [true, false]) {
      const actions = { ...about, pictures, isSingle, mayRedoAll: true };
      expect(sizesIn(endedButtons(actions, english))).toEqual(sizes);
    }
  });
});

describe('the buttons under several pictures', () => {
  const rowsOf = (pictures: { image: { width: number; height: number } | null }[]) =>
    endedButtons(
      {
        replyId: 'reply',
        isPrivate: false,
        pictures: pictures.map(({ image }, index) => {
          return { number: index + 1, generationId: `picture${index}`, image };
        }),
        isSingle: false,
        mayRedoAll: true,
      },
      english,
    );
  const small = { image: { width: 1_024, height: 1_024 } };
  const missing = { image: null };

  it.each([
    [[small, small, small, small]],
    [[small, small, small, missing]],
    [[missing, missing, missing, missing]],
  ])('fit in what Discord takes, and nothing is a choice that fires only once', (pictures) => {
    const rows = rowsOf(pictures);
    expect(rows.length).toBeLessThanOrEqual(5);
    const ids = rows.flatMap((row) =>
      row.components.map((one) => {
        expect(one.type).toBe(ComponentType.Button);
        return 'custom_id' in one ? one.custom_id : '';
      }),
    );
    for (const row of rows) expect(row.components.length).toBeLessThanOrEqual(5);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id.length).toBeLessThanOrEqual(100);
  });
});
