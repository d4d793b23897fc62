import { describe, expect, it } from 'vitest';
import { thinkingPage } from '../../src/pages/thinking-page.ts';
import type { StoredReply } from '../../src/store/store.ts';
import { english } from '../../src/texts/english.ts';

const reply = { erasedAt: null } as StoredReply;
const shown = (...transcripts: (string | null)[]) => thinkingPage(transcripts, reply, english);
const words = (text: string) => shown(text).embeds[0]?.description;

describe('what the model thought', () => {
  it('keeps its headings, lists and bold words', () => {
    const thought = '**Framing the Fox**\n\n# Light\n- low **sun**\n1. snow';
    expect(words(thought)).toBe(thought);
  });

  it.each([
    ['[free nitro](https://evil.example/a)', '\\[free nitro](https://evil.example/a)'],
    ['hello <@400000000000000001>', 'hello \\<@400000000000000001>'],
    ['a \u202Edrawkcab\u202C word', 'a drawkcab word'],
    ['***very*** *thin* ||hidden||', '\\*\\*\\*very\\*\\*\\* \\*thin\\* \\|\\|hidden\\|\\|'],
    ['```js\ncode\n```', '\\`\\`\\`js\ncode\n\\`\\`\\`'],
  ])('does nothing but be read (%j)', (thought, harmless) => {
    expect(words(thought)).toBe(harmless);
  });

  it('comes as a file where it is long, or would be when escaped', () => {
    for (const long of ['snow '.repeat(800), '['.repeat(2_100)]) {
      const page = shown(`${long}\u202E!`);
      expect(page.embeds[0]?.description).toBe(english.thinking.asFile);
      expect(new TextDecoder().decode(page.files?.[0]?.bytes)).toBe(`${long}!`);
    }
  });

  it('names the picture where there are several', () => {
    expect(shown('first', null, 'third').embeds[0]?.description).toBe(
      '# Picture 1\n\nfirst\n\n# Picture 3\n\nthird',
    );
  });
});
