import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTranscript } from '../../../src/generation/run/transcript.ts';

it('keeps a transcript whole while it is within its bound, and its newest part beyond it', () => {
  const pieces = fc.array(fc.string({ maxLength: 30 }), { maxLength: 40 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 10, max: 100 }), (given, half) => {
      const maxChars = 2 * half;
      const transcript = createTranscript(maxChars);
      let expected = '';
      for (const piece of given) {
        transcript.add(piece);
        expected += piece;
        if (expected.length > maxChars) expected = expected.slice(-half);
        expect(transcript.isEmpty).toBe(expected === '');
      }
      expect(transcript.text).toBe(expected);
    }),
  );
});

it('reads the newest thought of a transcript that came in pieces of one character', () => {
  const transcript = createTranscript();
  const text = `${'words '.repeat(2_000)}\n**Planning the light**\n\nIt comes from the left.`;
  for (const character of text) transcript.add(character);
  expect(transcript.latest()).toEqual({
    heading: 'Planning the light',
    words: 'It comes from the left.',
  });
});

it('reads the newest thought behind a piece that is longer than what is searched', () => {
  const transcript = createTranscript();
  transcript.add(`**Old**\n${'x'.repeat(10_000)}`);
  expect(transcript.latest()?.heading).toBeNull();
  transcript.add('\n**New**\nwords');
  expect(transcript.latest()).toEqual({ heading: 'New', words: 'words' });
});
