import { describe, expect, it } from 'vitest';
import { completeLine } from '../completion.ts';
import { COMMANDS } from './commands.ts';

const offers = (line: string): string[] => completeLine(line, COMMANDS)[0];

describe('completing a line', () => {
  it.each([
    ['/i', ['/imagine ']],
    ['cl', ['click ']],
    ['/imagine pr', ['prompt:', 'private:']],
    ['/imagine prompt:x ra', ['ratio:']],
    ['/imagine prompt:x ratio:', ['ratio:1:1 ', 'ratio:16:9 ']],
    ['/imagine prompt:x ratio:16', ['ratio:16:9 ']],
    ['/imagine prompt:x private:t', ['private:true ']],
    ['/edit --', ['--attach image=']],
    ['/imagine prompt:"a fox, ra', []],
    ['/nothing x', []],
  ])('offers for %j', (line, candidates) => {
    expect(offers(line)).toEqual(candidates);
  });

  it('does not offer an option that is given already', () => {
    expect(offers('/imagine prompt:x ')).not.toContain('prompt:');
  });

  it('offers values that need no quotes', () => {
    expect(offers('/imagine model:')).toEqual(['model:flash ', 'model:pro ', 'model:slow ']);
  });
});
