import { describe, expect, it } from 'vitest';
import { BAD_SHAPES } from './support/bad-shapes.ts';
import { GOOD_SHAPES } from './support/good-shapes.ts';
import { LENIENT_SHAPES } from './support/lenient-shapes.ts';
import { createMemorySpool } from './support/memory-spool.ts';
import { fingerprint, type Reading, readChunks, readText } from './support/read.ts';
import type { WireShape } from './support/wire-shapes.ts';

function check(shape: WireShape, reading: Reading): void {
  const { events, failure, picture } = reading;
  expect(failure?.kind).toBe(shape.failure);
  if (shape.picture !== undefined) expect(picture?.equals(shape.picture)).toBe(true);
  if (shape.reason !== undefined) expect(failure?.details.reason).toBe(shape.reason);
  if (shape.words !== undefined) expect(failure?.details.words).toBe(shape.words);
  if (shape.retryAfterMs !== undefined) {
    expect(failure?.details.retryAfterMs).toBe(shape.retryAfterMs);
  }
  const of = (type: string) => events.filter((event) => event.type === type);
  if (shape.thoughts !== undefined) {
    expect(
      of('thought')
        .map((event) => event.text)
        .join(''),
    ).toBe(shape.thoughts);
  }
  expect(of('draft').map((event) => event.bytes)).toEqual(shape.drafts ?? []);
  if (shape.totalTokens !== undefined) {
    const usage = of('outcome')[0]?.usage ?? of('usage').at(-1)?.usage ?? null;
    expect((usage as { totalTokens: number } | null)?.totalTokens ?? null).toBe(shape.totalTokens);
  }
}

describe.each([
  { group: 'ends in the picture', shapes: GOOD_SHAPES },
  { group: 'ends in the right failure', shapes: BAD_SHAPES },
  { group: 'of a gateway ends as it should', shapes: LENIENT_SHAPES },
])('an answer of HTTP 200 $group', ({ shapes }) => {
  it.each(shapes)('$name', async (shape) => {
    check(shape, await readText(shape.text));
  });

  it.each(shapes)('$name, split in two at every byte', async (shape) => {
    const bytes = Buffer.from(shape.text);
    const whole = await readChunks([bytes]);
    const expected = fingerprint(whole);
    for (let at = 1; at < bytes.length; at++) {
      const split = await readChunks([bytes.subarray(0, at), bytes.subarray(at)]);
      // The matcher is slow and says more; it is asked only when there is something to say.
      if (fingerprint(split) !== expected) expect(split).toEqual(whole);
    }
  });

  it.each(shapes)('$name, a byte at a time', async (shape) => {
    const bytes = Buffer.from(shape.text);
    const chunks = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    const spool = createMemorySpool({ slow: true });
    check(shape, await readChunks(chunks, { spool }));
  });
});
