import { createParser } from 'eventsource-parser';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/gemini/limits.ts';
import { type Message, MessageReader } from '../../../src/gemini/stream/message-reader.ts';
import { PictureExtractor } from '../../../src/gemini/stream/picture-extractor.ts';
import { StringScanner } from '../../../src/gemini/stream/string-scanner.ts';
import { noise, png } from '../support/pictures.ts';
import { event, inline, parts } from '../support/wire-shapes.ts';

const NONCE = 'f'.repeat(24);

/** What the scanner makes of a response: its messages, with each picture's base64 put back. */
async function scan(chunks: Buffer[], overrides: Partial<typeof DEFAULT_LIMITS> = {}) {
  const limits = { ...DEFAULT_LIMITS, blockBytes: 96, ...overrides };
  const sinks: Buffer[][] = [];
  const pictures = new PictureExtractor({
    openSink: () => {
      const written: Buffer[] = [];
      sinks.push(written);
      return {
        write: async (bytes: Uint8Array) => void written.push(Buffer.from(bytes)),
        discard: async () => {},
      };
    },
    nonce: NONCE,
    limits,
  });
  const reader = new MessageReader(limits);
  const scanner = new StringScanner({
    pictures,
    limits,
    onText: (text, isLineEnd) => reader.push(text, isLineEnd),
    onPicture: () => {},
    keepsBase64: () => false,
  });
  const messages: Message[] = [];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      at = scanner.scan(chunk, at);
      await pictures.written();
      messages.push(...reader.take());
    }
  }
  const rest = scanner.finish();
  await pictures.written();
  reader.finish(rest);
  messages.push(...reader.take());
  const written = messages.map(({ text, event: type }) => JSON.stringify(comparable(type, text)));
  for (const [placeholder] of written.join().matchAll(/f{24}-\d+-/g)) {
    const picture = pictures.claim(placeholder);
    if (picture !== null) await pictures.close(picture);
  }
  const restored = written.map((message) =>
    JSON.parse(
      message.replace(/f{24}-(\d+)-/g, (_, number) =>
        Buffer.concat(sinks[Number(number) - 1] ?? []).toString('base64'),
      ),
    ),
  );
  return { messages: restored, pictures: sinks.length, stringBytes: scanner.stringBytes };
}

/** A type is no JSON: what stands there as an escape may be read as one, or not. */
function comparable(type: string | null, text: string) {
  return { type: type?.replaceAll('\\', '') ?? null, text };
}

/** What eventsource-parser alone makes of it. */
function readWhole(text: string) {
  const messages: { type: string | null; text: string }[] = [];
  const parser = createParser({
    onEvent: ({ data, event: type }) => messages.push(comparable(type ?? null, data)),
  });
  parser.feed(text);
  return messages;
}

const base64 = fc
  .record({ bytes: fc.integer({ min: 80, max: 400 }), seed: fc.nat(99) })
  .map((options) => png(options).toString('base64'));
/** What may stand in a line that is no data, and must shift nothing. */
const odd = fc.oneof(
  fc.constantFrom('"', '""', '\\', '\\"', '{', '}', '[', ' "data":"', '{"a":"', '"}', 'é😀', ''),
  // Blank space behind base64 that fills its string is part of it, and not kept.
  base64.map((text) => `${text}!`),
);
const oddText = fc.array(odd, { maxLength: 4 }).map((list) => list.join(''));
const noData = fc
  .tuple(fc.constantFrom(':', ': PING ', 'event:', 'event: ', 'id:', 'retry: '), oddText)
  .map(([field, text]) => field + text);
const document = fc
  .record({
    text: fc.oneof(oddText, fc.string({ maxLength: 40, unit: 'grapheme' })),
    data: fc.option(base64, { nil: undefined }),
    signature: fc.option(fc.constant(noise(120, 3).toString('base64')), { nil: undefined }),
  })
  .map((value) => `data: ${JSON.stringify(value)}`);
const block = fc
  .tuple(fc.array(noData, { maxLength: 3 }), document)
  .map(([lines, data]) => [...lines, data, '']);
const stream = fc.record({
  lines: fc.array(block, { minLength: 1, maxLength: 4 }).map((blocks) => blocks.flat()),
  ends: fc.array(fc.constantFrom('\n', '\r\n', '\r'), { minLength: 1, maxLength: 5 }),
});

describe('the scan of an event stream', () => {
  it('is shifted by no quote in a comment, a type or an id, wherever it is split', {
    timeout: 300_000,
  }, async () => {
    const property = fc.asyncProperty(stream, fc.nat(), async ({ lines, ends }, seed) => {
      // A CR right before an LF of the next, empty line would be one line end of both.
      const end = ends[seed % ends.length] ?? '\n';
      const text = lines.map((line) => `${line}${end}`).join('');
      const bytes = Buffer.from(text);
      const expected = readWhole(text);
      const at = seed % bytes.length;
      const splits = [
        [bytes],
        [bytes.subarray(0, at), bytes.subarray(at)],
        Array.from(bytes, (_, index) => bytes.subarray(index, index + 1)),
      ];
      for (const chunks of splits) {
        expect((await scan(chunks, { pictures: 100 })).messages).toEqual(expected);
      }
    });
    await fc.assert(property, { numRuns: 300 });
  });

  it('is the same split in two at every byte', async () => {
    const picture = png({ bytes: 100 }).toString('base64');
    const text = [
      ': PING {"data":"',
      'id: "7',
      'event: "a\\',
      `data: ${JSON.stringify({ a: 'x"\\', data: picture, b: [`\n${picture}`] })}`,
      '',
      `: "${picture}`,
      'data: {"text":"cut',
      '',
      'data: {"text":"whole"}',
      '',
      '',
    ].join('\r\n');
    const bytes = Buffer.from(text);
    const expected = readWhole(text);
    const { messages } = await scan([bytes]);
    expect(messages.length).toBe(3);
    for (let at = 0; at < bytes.length; at++) {
      const split = await scan([bytes.subarray(0, at), bytes.subarray(at)]);
      expect([at, split.messages]).toEqual([at, messages]);
    }
    // The line break in front of the second picture is no part of it, and stays.
    expect(messages).toEqual(expected);
  });
});

describe('a string', () => {
  it.each([
    ['a long one', 'A'.repeat(1_000), 200],
    ['one with escapes', 'A/'.repeat(500), 200],
  ])('of base64 that is no picture is cut off behind its bound: %s', async (_, text, bound) => {
    const written = event({ text, next: 'kept' }).replaceAll('A/', 'A\\/');
    const { messages, pictures } = await scan([Buffer.from(written)], { base64Length: bound });
    expect(pictures).toBe(0);
    const { text: read, next } = JSON.parse(messages[0]?.text ?? '');
    expect(next).toBe('kept');
    expect(text.startsWith(read)).toBe(true);
    expect(read.length).toBeLessThanOrEqual(bound);
    expect(read.length).toBeGreaterThanOrEqual(bound - 2);
  });

  it('of words is left alone, however long it is', async () => {
    const text = 'Words, and more of them: data:image/png;base64, and so on. '.repeat(2_000);
    const { messages } = await scan([Buffer.from(event({ text }))], { base64Length: 100 });
    expect(JSON.parse(messages[0]?.text ?? '').text).toBe(text);
  });

  it('of a picture in a pretty-printed document leaves whole', async () => {
    const document = JSON.stringify(parts(inline(png({ bytes: 500 }))), null, 2);
    const { messages, pictures } = await scan([Buffer.from(`[${document}\n,\r\n${document}]`)]);
    expect(pictures).toBe(2);
    expect(messages.map(({ text }) => JSON.parse(text))).toEqual(
      Array(2).fill(JSON.parse(document)),
    );
  });

  it('counts as progress, unless it stands in a comment', async () => {
    expect((await scan([Buffer.from(': PING "x"\n\nevent: ping\n\n')])).stringBytes).toBe(0);
    expect((await scan([Buffer.from('data: {"a":"xyz"}\n\n')])).stringBytes).toBeGreaterThan(4);
  });
});
