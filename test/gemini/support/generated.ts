import fc from 'fast-check';
import { jpeg, noise, png } from './pictures.ts';

/** How a value is written down, drawn from a seed: the same JSON in one of its many forms. */
export interface Style {
  seed: number;
  /** Line ends may stand between tokens; an event's data cannot hold them. */
  lineEnds: boolean;
}

/** A cheap source of choices: fast-check's own would dominate the run. */
export function createChoices(seed: number) {
  let state = seed >>> 0 || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  return { below: (bound: number) => next() % bound };
}

/** Writes JSON with odd blank space, odd escapes and members in any order. */
export function writeJson(value: unknown, style: Style): string {
  const { below } = createChoices(style.seed);
  const blanks = style.lineEnds ? ['', ' ', '\n', '\r\n', '\t'] : ['', '', ' ', '\t'];
  const blank = () => (below(3) === 0 ? (blanks[below(blanks.length)] ?? '') : '');
  const escapes = below(2) === 0;

  function text(content: string): string {
    if (!escapes) return JSON.stringify(content);
    const written = JSON.stringify(content).slice(1, -1);
    return `"${written.replace(/\\.|[^\\]/gu, (character) => {
      if (character === '/' && below(2) === 0) return '\\/';
      if (character.length > 1 || below(40) !== 0) return character;
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    })}"`;
  }

  function write(inner: unknown): string {
    if (Array.isArray(inner)) {
      return `[${blank()}${inner.map(write).join(`${blank()},${blank()}`)}${blank()}]`;
    }
    if (typeof inner === 'object' && inner !== null) {
      const members = Object.entries(inner).filter(([, member]) => member !== undefined);
      if (below(2) === 0) members.reverse();
      const written = members.map(([name, member]) => {
        return `${text(name)}${blank()}:${blank()}${write(member)}`;
      });
      return `{${blank()}${written.join(`${blank()},${blank()}`)}${blank()}}`;
    }
    return typeof inner === 'string' ? text(inner) : JSON.stringify(inner);
  }
  return write(value);
}

const picture = fc
  .record({
    kind: fc.constantFrom('png', 'jpeg'),
    bytes: fc.integer({ min: 80, max: 400 }),
    seed: fc.nat(999),
  })
  .map(({ kind, bytes, seed }) => (kind === 'png' ? png({ bytes, seed }) : jpeg({ bytes, seed })));

/** Base64 as it may come: plain, for URLs, without padding, in lines. */
const encoded = fc
  .tuple(picture, fc.constantFrom('plain', 'url', 'bare', 'lines'))
  .map(([bytes, form]) => {
    const text = bytes.toString(form === 'url' ? 'base64url' : 'base64');
    if (form === 'bare') return text.replace(/=+$/, '');
    return form === 'lines' ? text.replace(/.{76}/g, '$&\n') : text;
  });

const words = fc.constantFrom(
  'a fox',
  '"data":"AAAA"',
  '{"inlineData":{"data":"iVBORw0KGgo"}}',
  '**Bold**\n\nline / two + three',
  '\\"data: \u2028 😀 é',
  'data:image/png;base64,',
  'data:data:image/x',
  '\ndata: {"candidates":[]}\n\n',
  ']}],"candidates":null',
  '',
);
const text = fc.oneof(words, fc.string({ maxLength: 30, unit: 'grapheme' }));
const markdown = fc.tuple(text, picture, text).map(([before, bytes, after]) => {
  return `${before} ![](data:image/png;base64,${bytes.toString('base64')}) ${after}`;
});
const inlineKey = fc.constantFrom('inlineData', 'inline_data');
const thought = fc.constantFrom(undefined, true, false);
const signature = fc.constantFrom(undefined, 'c2ln', noise(300, 7).toString('base64'), 'a"\\/b\n');

const part = fc.oneof(
  fc.record({
    text: fc.oneof({ weight: 4, arbitrary: text }, { weight: 1, arbitrary: markdown }),
    thought,
    thoughtSignature: signature,
  }),
  fc.tuple(inlineKey, encoded, thought, signature).map(([key, data, flag, thoughtSignature]) => ({
    [key]: { mimeType: 'image/png', data },
    thought: flag,
    thoughtSignature,
  })),
  fc.constantFrom<unknown>(
    null,
    {},
    { inlineData: null },
    { functionCall: { args: { data: 'AAAAAAAAAAAA' } } },
  ),
);

const usage = fc.constantFrom(
  undefined,
  null,
  { trafficType: 'ON_DEMAND' },
  { promptTokenCount: 3, totalTokenCount: 10 },
);

/** One document of an answer. */
export const generatedDocument = fc.record({
  candidates: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, []) },
    {
      weight: 5,
      arbitrary: fc
        .record({
          content: fc.oneof(
            { weight: 1, arbitrary: fc.constantFrom<unknown>(null, {}, { parts: null }) },
            { weight: 6, arbitrary: fc.record({ parts: fc.array(part, { maxLength: 4 }) }) },
          ),
          finishReason: fc.constantFrom(undefined, undefined, null, 'STOP'),
        })
        .map((candidate) => [candidate]),
    },
  ),
  usageMetadata: usage,
  modelVersion: text,
});

export const framing = fc.constantFrom('lf', 'crlf', 'array', 'objects', 'data-lines');
export type FramingName = 'lf' | 'crlf' | 'array' | 'objects' | 'data-lines';

/** A whole answer of these documents. */
export function writeAnswer(documents: unknown[], form: FramingName, seed: number): string {
  const lineEnds = form === 'array' || form === 'objects';
  const written = documents.map((document, index) =>
    writeJson(document, { seed: seed + index, lineEnds: lineEnds || form === 'data-lines' }),
  );
  switch (form) {
    case 'lf':
      return written.map((text) => `data: ${text}\n\n`).join(': PING\n\n');
    case 'crlf':
      return written.map((text) => `data:${text}\r\n\r\n`).join('');
    case 'data-lines':
      return written.map((text) => `data: ${text.replace(/\r?\n/g, '\ndata: ')}\n\n`).join('');
    case 'array':
      return `[${written.join('\n,\r\n')}]`;
    case 'objects':
      return written.join('\n');
  }
}
