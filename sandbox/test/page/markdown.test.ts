import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** The page's modules are plain JavaScript; these two need no browser. */
const load = async (name: string) =>
  await import(new URL(`../../page/browser/${name}`, import.meta.url).href);
const { readMarkdown } = (await load('markdown-syntax.js')) as {
  readMarkdown(text: string, work?: { looked: number }): unknown[];
};
const { BRACKETS } = (await load('inline-syntax.js')) as { BRACKETS: [RegExp, unknown][] };

/** How many characters were looked at to read a text. */
function workOf(text: string): number {
  const work = { looked: 0 };
  readMarkdown(text, work);
  return work.looked;
}

/** Nine levels of marks, and at a `<` no more than 124 characters in each. */
const MOST_PER_CHARACTER = 9 * 124;

const line = (...children: unknown[]) => ({ kind: 'line', children });

describe('markdown of the page', () => {
  it.each([
    [
      '**bold** and *lean*',
      [line({ kind: 'strong', children: ['bold'] }, ' and ', { kind: 'em', children: ['lean'] })],
    ],
    ['**a \\*\\* b**', [line({ kind: 'strong', children: ['a ** b'] })]],
    ['a \\* b \\_ c', [line('a * b _ c')]],
    ['snake_case_name', [line('snake_case_name')]],
    [
      '__u **b ~~s~~** u__',
      [
        line({
          kind: 'u',
          children: [
            'u ',
            { kind: 'strong', children: ['b ', { kind: 's', children: ['s'] }] },
            ' u',
          ],
        }),
      ],
    ],
    [
      '`**code**` ``a`b``',
      [line({ kind: 'code', text: '**code**' }, ' ', { kind: 'code', text: 'a`b' })],
    ],
    ['``one` tick', [line('``one` tick')]],
    [
      '[a *b*](https://e.example/a_b)',
      [
        line({
          kind: 'link',
          url: 'https://e.example/a_b',
          children: ['a ', { kind: 'em', children: ['b'] }],
        }),
      ],
    ],
    ['[a](javascript:b)', [line('[a](javascript:b)')]],
    [
      'see https://e.example/a.',
      [
        line(
          'see ',
          { kind: 'link', url: 'https://e.example/a', children: ['https://e.example/a'] },
          '.',
        ),
      ],
    ],
    [
      '<t:1700000000:R> <@1> <#2> </x:3>',
      [
        line(
          { kind: 'time', seconds: 1_700_000_000, style: 'R' },
          ' ',
          { kind: 'user', name: '1' },
          ' ',
          { kind: 'channel', name: '2' },
          ' ',
          { kind: 'command', name: 'x' },
        ),
      ],
    ],
    ['||a||', [line({ kind: 'spoiler', children: ['a'] })]],
    ['> a\n> > b', [{ kind: 'quote', children: [line('a\n> b')] }]],
    [
      '# a\n-# b',
      [
        { kind: 'heading', level: 1, children: ['a'] },
        { kind: 'small', children: ['b'] },
      ],
    ],
    [
      '2. a\n3. b\n- c',
      [
        { kind: 'list', start: 2, items: [['a'], ['b']] },
        { kind: 'list', start: null, items: [['c']] },
      ],
    ],
    ['a\n```ts\nlet a;\n```\nb', [line('a\n'), { kind: 'pre', code: 'let a;\n' }, line('b')]],
  ])('is read as Discord reads it: %j', (text, blocks) => {
    expect(readMarkdown(text)).toEqual(blocks);
  });

  it.each([
    '**',
    '**a ',
    '**\\',
    '\\',
    '\\a',
    '*',
    '* ',
    '***',
    '_',
    '_a',
    '__a ',
    '~~a ',
    '||a ',
    '`',
    '`a',
    '``a`',
    '[',
    '[]',
    '[a](',
    '[a](https://',
    '](https://',
    '<',
    '<https://',
    '<https://a ',
    '</',
    '</a:1',
    '<t:1',
    '<@1',
    'https://',
    'https://.',
    'h',
    '> ',
    '>>> ',
    '> a\nb\n',
    '- ',
    '- a\nb\n',
    '1. ',
    '# ',
    '#',
    '-# ',
    '```',
    '```a',
    '\n',
    ' ',
    '**_',
    '_**a',
    '~~**__||',
  ])('takes a work that grows as its text does, whatever it repeats: %j', (unit) => {
    for (const around of ['', '**', '\\', '[', '`', '<https://', '*a']) {
      const short = `${around}${unit.repeat(20_000)}${around}`;
      const long = `${around}${unit.repeat(40_000)}${around}`;
      expect(workOf(short)).toBeLessThan(short.length * MOST_PER_CHARACTER);
      expect(workOf(long)).toBeLessThan(workOf(short) * 2.2 + 10_000);
    }
  });

  it('takes a work that is bounded by its length, whatever marks it is made of', () => {
    const mark = fc.constantFrom(
      '*',
      '**',
      '***',
      '_',
      '__',
      '~~',
      '||',
      '`',
      '``',
      '```',
      '[',
      ']',
      '](',
      '(https://a',
      ')',
      '<',
      '>',
      '</a:',
      '<t:',
      'https://',
      '\\',
      'a',
      ' ',
      '\n',
      '> ',
      '- ',
    );
    const unit = fc.array(mark, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(unit, unit, unit, fc.integer({ min: 1, max: 400 }), (head, body, tail, times) => {
        const text = `${head}${body.repeat(times)}${tail}`;
        expect(workOf(text)).toBeLessThanOrEqual(text.length * MOST_PER_CHARACTER + 1_000);
      }),
      { numRuns: 500 },
    );
  });

  it('counts all that it looks at: no pattern for brackets looks further than its own counts', () => {
    for (const [{ source }] of BRACKETS) expect(source).not.toMatch(/(?<!\\)[*+]|\{\d+,\}/);
  });

  it('has no longest text', () => {
    expect(readMarkdown('> a\nb\n'.repeat(100_000))).toHaveLength(200_000);
    expect(readMarkdown('*a* '.repeat(200_000))).toHaveLength(1);
  });

  it('goes no deeper than a few levels, whatever a text nests', () => {
    const depthOf = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
        : 0;
    const pairs = ['**', '__', '~~', '||', '*', '_'];
    const opening = Array.from({ length: 600 }, (_, index) => pairs[index % pairs.length]);
    const nested = `${opening.join(' a')} a ${opening.toReversed().join('a ')}`;
    expect(depthOf(readMarkdown(nested))).toBeLessThan(30);
    expect(depthOf(readMarkdown('> '.repeat(5_000)))).toBeLessThan(30);
    expect(depthOf(readMarkdown('>>> '.repeat(5_000)))).toBeLessThan(30);
  });
});
