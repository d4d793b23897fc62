import { describe, expect, it } from 'vitest';
import { shellSplit } from '../shell-split.ts';

const texts = (line: string): string[] => shellSplit(line).map(({ text }) => text);

describe('splitting a line', () => {
  it.each([
    ['/imagine prompt:"a red fox" ratio:16:9', ['/imagine', 'prompt:a red fox', 'ratio:16:9']],
    ["prompt:'a red fox'", ['prompt:a red fox']],
    ['a "say \\"hi\\" now" b', ['a', 'say "hi" now', 'b']],
    ["it's a fox's tail", ["it's", 'a', "fox's", 'tail']],
    ['path:C:\\pictures\\fox.png', ['path:C:\\pictures\\fox.png']],
    ['a\\\\b \\"c', ['a\\b', '"c']],
    ['  a \t b\n', ['a', 'b']],
    ['prompt:""', ['prompt:']],
    ['', []],
  ])('reads %j', (line, words) => {
    expect(texts(line)).toEqual(words);
  });

  it('knows what stood outside of quotes', () => {
    expect(shellSplit('prompt:"size:2K" "size:2K"')).toEqual([
      { text: 'prompt:size:2K', bare: 'prompt:' },
      { text: 'size:2K', bare: '' },
    ]);
  });

  it('refuses a quote that is never closed', () => {
    expect(() => shellSplit('prompt:"a red fox')).toThrow(/never closed/);
  });
});
