import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import { type Reading, readText } from './support/read.ts';
import { ended, event, FOX, inline, OWL, parts, THINKING } from './support/wire-shapes.ts';

const FILES: Record<string, Buffer> = {
  'https://host.example/fox.png': FOX,
  'https://host.example/owl.jpg': OWL,
};
const fox = '![a fox](https://host.example/fox.png)';
const owl = '![an owl](https://host.example/owl.jpg)';
const elsewhere = '![a fox](https://elsewhere.example/fox.png)';

/** Reads an answer whose links may be followed to one host. */
function read(text: string): Promise<Reading> {
  return readText(text, {
    fetchPicture: async (url, spool) => {
      const bytes = FILES[url];
      if (bytes === undefined) throw new Failure('bad_answer', 'refused host');
      const file = spool.open('g1');
      await file.write(bytes);
      return file.finish();
    },
  });
}

describe('a picture that is only linked in the text', () => {
  it.each([
    ['behind thousands of words', event(ended('STOP', { text: `${'word '.repeat(1_000)}${fox}` }))],
    ['in angle brackets', event(ended('STOP', { text: fox.replace(/\((.*)\)/, '(<$1>)') }))],
    ['the last of several', event(ended('STOP', { text: `${owl} or better ${fox}` }))],
    [
      'parted over two texts',
      event(parts({ text: fox.slice(0, 20) })) + event(ended('STOP', { text: fox.slice(20) })),
    ],
    [
      'behind a draft',
      event(parts({ thought: true, ...inline(OWL) })) + event(ended('STOP', { text: fox })),
    ],
    [
      'beside an address that cannot be read',
      event(ended('STOP', { fileData: { fileUri: 'gs://bucket/fox.png' } }, { text: fox })),
    ],
  ])('is the result: %s', async (_, text) => {
    expect((await read(text)).picture?.equals(FOX)).toBe(true);
  });

  it('is not looked for where a picture came', async () => {
    const { picture } = await read(event(ended('STOP', { text: fox }, inline(OWL))));
    expect(picture?.equals(OWL)).toBe(true);
  });

  it('leaves the draft as the result where it must not be followed', async () => {
    const draft = event(parts({ thought: true, ...inline(OWL) }));
    const { picture } = await read(draft + event(ended('STOP', { text: elsewhere })));
    expect(picture?.equals(OWL)).toBe(true);
  });

  it('is what the model said where it must not be followed', async () => {
    const { failure } = await read(event(ended('STOP', { text: elsewhere })));
    expect(failure).toMatchObject({ kind: 'no_image', details: { words: elsewhere } });
  });

  it('is found in time that grows with the text alone', async () => {
    const text = '!['.repeat(500_000);
    expect((await read(event(ended('STOP', { text })))).failure?.kind).toBe('no_image');
  });
});

describe('an answer that was cut', () => {
  it.each([
    ['behind a few characters of a picture', event(parts(inline(FOX))).slice(0, 115)],
    ['behind a draft', event(parts({ thought: true, ...inline(OWL) }))],
    [
      'inside a picture in a text',
      event(parts({ text: `![](data:image/png;base64,${inline(FOX).inlineData.data}` })).slice(
        0,
        -40,
      ),
    ],
    [
      'behind a data URI of any type',
      event(parts({ inlineData: { data: 'data:;base64,iVBORw0KGgo' } })),
    ],
    ['behind an address', event(parts({ fileData: { fileUri: 'gs://bucket/fox.png' } }))],
    ['behind data that is too short to be any', event(parts({ inlineData: { data: 'AAAA' } }))],
  ])('may have been paid for: %s', async (_, text) => {
    const { failure, sawImage } = await read(text);
    expect(['cut', 'bad_answer']).toContain(failure?.kind);
    expect(sawImage).toBe(true);
  });

  it.each([
    ['behind a thought', event(THINKING)],
    [
      'behind a data URI that is mentioned in a thought',
      event(parts({ thought: true, text: 'Use `data:image/png;base64,iVBORw0KGgo…` then.' })),
    ],
    [
      'behind a data URI without data',
      event(parts({ thought: true, text: 'As data:image/png;base64, then.' })),
    ],
  ])('has cost no picture: %s', async (_, text) => {
    const { failure, sawImage } = await read(text);
    expect(failure?.kind).toBe('cut');
    expect(sawImage).toBe(false);
  });
});
