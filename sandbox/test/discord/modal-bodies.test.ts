import { describe, expect, test } from 'vitest';
import { call, errorsAt, imagine, openDiscord } from './support.ts';

const text = (length: number) => 'x'.repeat(length);

describe('a modal is refused', () => {
  const input = (change: object = {}) => ({
    type: 4,
    custom_id: 'i',
    style: 1,
    label: 'l',
    ...change,
  });
  const modal = (change: object = {}) => ({
    custom_id: 'm',
    title: 't',
    components: [{ type: 1, components: [input()] }],
    ...change,
  });
  const label = (component: object, change: object = {}) => ({
    type: 18,
    label: 'l',
    component,
    ...change,
  });

  test.each([
    ['with a title of 46', modal({ title: text(46) }), 'data.title'],
    ['without a title', modal({ title: undefined }), 'data.title'],
    ['with no components', modal({ components: [] }), 'data.components'],
    [
      'with six components',
      modal({
        components: Array.from({ length: 6 }, (_, i) =>
          label(input({ custom_id: `${i}`, label: undefined })),
        ),
      }),
      'data.components',
    ],
    [
      'with a text of 4001',
      modal({ components: [label(input({ value: text(4001), label: undefined }))] }),
      'data.components.0.component.value',
    ],
    [
      'with a label of 46',
      modal({ components: [label(input({ label: undefined }), { label: text(46) })] }),
      'data.components.0.label',
    ],
    [
      'with a custom_id twice',
      modal({
        components: [label(input({ label: undefined })), label(input({ label: undefined }))],
      }),
      'data.components.1.component.custom_id',
    ],
    [
      'with an input without a label',
      modal({ components: [{ type: 1, components: [input({ label: undefined })] }] }),
      'data.components.0.components.0.label',
    ],
    [
      'with an unknown type of file',
      modal({ components: [label({ type: 19, custom_id: 'f', file_types: ['image', 'tiff'] })] }),
      'data.components.0.component.file_types.1',
    ],
  ])('%s', async (_what, data, path) => {
    const discord = await openDiscord();
    const { callback } = await imagine(discord);
    const { status, json } = await call(discord, 'POST', callback, { type: 9, data });
    expect(status).toBe(400);
    expect(errorsAt(json.errors, path)).not.toEqual([]);
  });
});
