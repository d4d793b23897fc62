import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createChoices,
  type FramingName,
  framing,
  generatedDocument,
  writeAnswer,
  writeJson,
} from './support/generated.ts';
import { createMemorySpool } from './support/memory-spool.ts';
import { readWhole } from './support/oracle.ts';
import { png } from './support/pictures.ts';
import { fingerprint, readChunks } from './support/read.ts';

const KINDS = [
  'busy',
  'cut',
  'bad_answer',
  'no_image',
  'refused_image',
  'refused_prompt',
  'rejected',
  'misconfigured',
];

/** Chunks of random sizes, from single bytes up. */
function split(bytes: Buffer, seed: number): Buffer[] {
  const { below } = createChoices(seed);
  // The smallest cost the most, and are what the fixtures are read with all the time.
  const largest = below(20) === 0 ? 2 : ([30, 90, 300, 5_000][below(4)] ?? 30);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + below(largest);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const answer = fc.record({
  documents: fc.array(generatedDocument, { minLength: 1, maxLength: 8 }),
  form: framing,
  seed: fc.nat(),
});

describe('any answer, split anywhere', () => {
  it('says what it says when it is read whole with JSON.parse', { timeout: 600_000 }, async () => {
    let read = 0;
    const property = fc.asyncProperty(answer, async ({ documents, form, seed }) => {
      const text = writeAnswer(documents, form as FramingName, seed);
      const chunks = split(Buffer.from(text), seed);
      const reading = await readChunks(chunks, {
        spool: createMemorySpool({ slow: seed % 8 === 0 }),
        // Eight documents of several pictures each may have more than any real answer.
        limits: { pictures: 100 },
      });
      const events = reading.events.filter((event) => event.type !== 'outcome');
      const expected = readWhole(documents.map((document) => JSON.stringify(document)));
      const strip = (list: typeof events) => fingerprint({ events: list, failure: null });
      if (strip(events) !== strip(expected)) expect(events).toEqual(expected);
      const last = expected.findLast((event) => event.type === 'image');
      if (last !== undefined) expect(reading.picture?.equals(last.bytes ?? Buffer.of())).toBe(true);
      read += documents.length;
    });
    await fc.assert(property, { numRuns: 2_600 });
    expect(read).toBeGreaterThan(10_000);
  });

  it('gives a picture of many blocks byte for byte', { timeout: 600_000 }, async () => {
    const sizes = fc.record({ bytes: fc.integer({ min: 100_000, max: 700_000 }), seed: fc.nat() });
    const property = fc.asyncProperty(sizes, async ({ bytes, seed }) => {
      const picture = png({ bytes, seed });
      const inlineData = { data: picture.toString('base64'), mimeType: 'image/png' };
      const document = { candidates: [{ content: { parts: [{ inlineData }] } }] };
      const text = `data: ${writeJson(document, { seed, lineEnds: false })}\n\n`;
      const spool = createMemorySpool({ slow: true });
      const limits = { blockBytes: 16_384 + (seed % 3) };
      const reading = await readChunks(split(Buffer.from(text), seed | 3), { spool, limits });
      expect(reading.picture?.equals(picture)).toBe(true);
    });
    await fc.assert(property, { numRuns: 12 });
  });
});

describe('any answer, damaged at random', () => {
  it('ends in a picture or one of the known failures, and leaves no file', {
    timeout: 600_000,
  }, async () => {
    const property = fc.asyncProperty(answer, async ({ documents, form, seed }) => {
      const text = Buffer.from(writeAnswer(documents, form as FramingName, seed));
      const damaged = damage(text, seed);
      // Throws when a file is left behind, or when something else than a `Failure` is thrown.
      const { failure } = await readChunks(split(damaged, seed));
      if (failure !== null) expect(KINDS).toContain(failure.kind);
    });
    await fc.assert(property, { numRuns: 3_000 });
  });
});

/** Bytes changed, taken out, put in, said twice, cut off. */
function damage(bytes: Buffer, seed: number): Buffer {
  const { below } = createChoices(seed ^ 0x5a5a5a);
  let damaged = Buffer.from(bytes);
  for (let count = 1 + below(4); count > 0; count--) {
    const at = below(damaged.length + 1);
    const before = damaged.subarray(0, at);
    const kind = below(5);
    if (kind === 0) damaged = Buffer.concat([before, damaged.subarray(at + 1 + below(30))]);
    else if (kind === 1)
      damaged = Buffer.concat([before, Buffer.of(below(256)), damaged.subarray(at)]);
    else if (kind === 2)
      damaged = Buffer.concat([before, Buffer.from('\n\n'), damaged.subarray(at)]);
    else if (kind === 3)
      damaged = Buffer.concat([before, damaged.subarray(Math.max(0, at - below(50)))]);
    else damaged = Buffer.from(before);
  }
  return damaged;
}
