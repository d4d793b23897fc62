import { describe, expect, it } from 'vitest';
import type { GeminiLimits } from '../../src/gemini/limits.ts';
import { createMemorySpool } from './support/memory-spool.ts';
import { png } from './support/pictures.ts';
import { readChunks, readText } from './support/read.ts';
import { ended, event, FOX, inline, json, parts, THINKING } from './support/wire-shapes.ts';

const thinking = event(THINKING);

describe('every bound of an answer', () => {
  it.each([
    ['all its bytes', { responseBytes: 500 }, thinking.repeat(3)],
    ['the bytes of a picture', { pictureBytes: 300 }, event(parts(inline(png({ bytes: 400 }))))],
    [
      'its pictures',
      { pictures: 2 },
      event(parts(...Array(3).fill({ thought: true, ...inline(FOX) }))),
    ],
    [
      'the bytes of signatures',
      { base64Length: 70, skippedBytes: 20 },
      event(parts({ thoughtSignature: 'A'.repeat(100) })),
    ],
    ['the bytes of a line', { documentBytes: 200 }, thinking.replace('Seeing', 'x'.repeat(300))],
    [
      'the bytes of a bare document',
      { documentBytes: 200 },
      json(parts({ text: 'x'.repeat(300) })),
    ],
    [
      'the bytes of an event of many lines',
      { documentBytes: 200 },
      `data: ${JSON.stringify(parts(...Array(40).fill({ text: 'x' })), null, 1).replaceAll('\n', '\ndata: ')}\n\n`,
    ],
    ['its messages', { documents: 2 }, thinking.repeat(3)],
    ['its parts', { parts: 2 }, event(parts({ text: 'a' }, { text: 'b' }, { text: 'c' }))],
    ['its text', { textLength: 20 }, thinking.repeat(3)],
    ['its depth', { depth: 10 }, `data: ${'['.repeat(11)}${']'.repeat(11)}\n\n`],
  ] as [string, Partial<GeminiLimits>, string][])(
    'ends the reading: %s',
    async (_, limits, text) => {
      const { failure } = await readText(text, { limits });
      expect(failure?.kind).toBe('bad_answer');
      expect(['too_large', 'too_many', 'too_deep']).toContain(failure?.details.problem);
      const kind = (await readText(text)).failure?.kind;
      expect([undefined, 'cut']).toContain(kind);
    },
  );

  it('leaves standing a picture that was whole before', async () => {
    const text = event(parts(inline(FOX))) + thinking.repeat(9);
    const { picture } = await readText(text, { limits: { documents: 5 } });
    expect(picture?.equals(FOX)).toBe(true);
  });

  it('holds against a line without an end that is no JSON', async () => {
    const junk = Buffer.alloc(3_000_000, 'x');
    const { failure } = await readChunks([junk, junk]);
    expect(failure?.kind).toBe('bad_answer');
  });

  it('holds against a field of the event stream without an end', async () => {
    const { failure } = await readText(`event: ${'x'.repeat(5_000)}`, {
      limits: { documentBytes: 4_000 },
    });
    expect(failure?.kind).toBe('bad_answer');
  });

  it('tells a full spool from a bad answer', async () => {
    const spool = createMemorySpool({ maxBytes: 100 });
    const { failure } = await readText(event(ended('STOP', inline(png({ bytes: 500 })))), {
      spool,
    });
    expect(failure?.kind).toBe('no_space');
  });

  it('passes over what nobody reads, however long it is', async () => {
    const blob = { blob: 'A'.repeat(3_000_000) };
    expect((await readText(event(ended('STOP', blob)))).failure?.kind).toBe('no_image');
    const { picture } = await readText(event(ended('STOP', blob, inline(FOX), blob)));
    expect(picture?.equals(FOX)).toBe(true);
  });

  it('holds against too much of what nobody reads', async () => {
    const text = event(ended('STOP', { blob: 'A'.repeat(100_000) }));
    const { failure } = await readText(text, {
      limits: { base64Length: 10_000, skippedBytes: 30_000 },
    });
    expect(failure?.details.problem).toBe('too_large');
  });

  it('reads a signature full of escapes in time that grows with its length alone', async () => {
    const text = event(parts({ thoughtSignature: 'A/'.repeat(1_500_000) }, inline(FOX)));
    const { picture } = await readText(text.replaceAll('A/', 'A\\/'));
    expect(picture?.equals(FOX)).toBe(true);
  });
});
