import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_TOKENS, readMessage } from '../../src/gemini/response/document.ts';

/** The usage of a document whose counts stand in it as they are given, as JSON text. */
function usageOf(counts: Record<string, string>) {
  const members = Object.entries(counts).map(([name, json]) => `"${name}":${json}`);
  const text = `{"usageMetadata":{${members.join(',')}}}`;
  const message = readMessage({ text, event: null });
  return message.kind === 'documents' ? (message.documents[0]?.usage ?? null) : null;
}

const OUTRAGEOUS = [
  '-1',
  '-0',
  '1.5',
  '1e29',
  '1e999',
  '-1e999',
  '9007199254740993',
  '9223372036854775808',
  `${MAX_TOKENS + 1}`,
  '"12"',
  '""',
  'true',
  'null',
  '[12]',
  '{"value":12}',
];

describe('a count of tokens', () => {
  it.each(OUTRAGEOUS)('is unknown where it is %s, and spoils no other', (json) => {
    const names = ['promptTokenCount', 'candidatesTokenCount', 'thoughtsTokenCount'];
    for (const name of names) {
      const usage = usageOf({ totalTokenCount: '1128', [name]: json });
      expect(usage).toEqual({
        promptTokens: null,
        imageTokens: null,
        thoughtTokens: null,
        totalTokens: 1_128,
      });
    }
    expect(usageOf({ promptTokenCount: '8', totalTokenCount: json })?.totalTokens).toBeNull();
  });

  it.each(OUTRAGEOUS)('of a picture is unknown where a detail says %s', (json) => {
    const details = `[{"modality":"IMAGE","tokenCount":1000},{"modality":"IMAGE","tokenCount":${json}}]`;
    const usage = usageOf({
      candidatesTokenCount: '1120',
      totalTokenCount: '1128',
      candidatesTokensDetails: details,
    });
    expect(usage).toMatchObject({ imageTokens: null, totalTokens: 1_128 });
  });

  it('is a whole number within its bound, or unknown, whatever the provider writes', () => {
    const number = fc.oneof(fc.double(), fc.integer(), fc.bigInt(), fc.nat(2 * MAX_TOKENS));
    fc.assert(
      fc.property(fc.array(number, { minLength: 4, maxLength: 4 }), (given) => {
        const [prompt, made, thoughts, total] = given.map((value) =>
          Number.isFinite(Number(value)) ? String(value) : '1e999',
        ) as [string, string, string, string];
        const usage = usageOf({
          promptTokenCount: prompt,
          candidatesTokenCount: made,
          thoughtsTokenCount: thoughts,
          totalTokenCount: total,
        });
        for (const count of Object.values(usage ?? {})) {
          if (count === null) continue;
          expect(Number.isInteger(count) && count >= 0 && count <= MAX_TOKENS).toBe(true);
        }
      }),
    );
  });
});
