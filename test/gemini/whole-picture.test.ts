import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { constants, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/domain.ts';
import { startClient } from './support/client.ts';
import { GOOD_SHAPES } from './support/good-shapes.ts';
import { LENIENT_SHAPES } from './support/lenient-shapes.ts';
import type { Answerer } from './support/model-server.ts';
import { png } from './support/pictures.ts';
import { type Reading, readBody, readChunks, readText } from './support/read.ts';
import {
  base64,
  crlf,
  ended,
  event,
  FOX,
  inline,
  json,
  OWL,
  parts,
  THINKING,
  USAGE,
} from './support/wire-shapes.ts';

const FOX_TEXT = base64(FOX);
const SIGNATURE = 'c2lnbmF0dXJl'.repeat(20);
const SIGNED = { ...inline(FOX), thoughtSignature: SIGNATURE };

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** Shapes of an answer, each with one picture to its name and something behind it. */
const SHAPES: { name: string; text: string }[] = [
  { name: 'an event, with the signature behind the data', text: event(ended('STOP', SIGNED)) },
  {
    name: 'an event with CRLF, with thoughts before and usage behind',
    text: crlf(THINKING) + crlf({ ...ended('STOP', SIGNED), ...USAGE }),
  },
  {
    name: 'snake_case',
    text: event({
      candidates: [
        {
          content: {
            parts: [
              {
                inline_data: { mime_type: 'image/png', data: FOX_TEXT },
                thought_signature: SIGNATURE,
              },
            ],
          },
        },
      ],
    }),
  },
  { name: 'a JSON array', text: `[${json(THINKING)}\n,\r\n${json(ended('STOP', SIGNED))}\n]` },
  { name: 'one object', text: json({ ...ended('STOP', SIGNED), ...USAGE }) },
  { name: 'a pretty object', text: JSON.stringify(ended('STOP', SIGNED), null, 2) },
  {
    name: 'a document over several data lines',
    text: `data: ${JSON.stringify(ended('STOP', SIGNED), null, 1).replaceAll('\n', '\ndata: ')}\n\n`,
  },
  {
    name: 'a pretty document whose further lines lack their data field',
    text: `data: ${JSON.stringify(ended('STOP', SIGNED), null, 1)}\n\n`,
  },
  {
    name: 'the type behind the data',
    text: event(parts({ inlineData: { data: FOX_TEXT, mimeType: 'image/png' } })),
  },
  {
    name: 'a flag that says no',
    text: event(parts({ ...inline(FOX), thought: false, note: 'é"\\' })),
  },
  {
    name: 'a data URI as a file',
    text: event(parts({ fileData: { fileUri: `data:image/png;base64,${FOX_TEXT}` }, note: 1.5 })),
  },
  {
    name: 'a data URI in the base64’s place',
    text: event(parts({ inlineData: { data: `data:;base64,${FOX_TEXT}` }, a: [1, { b: null }] })),
  },
  {
    name: 'a draft in front of it',
    text: event(parts({ thought: true, ...inline(OWL) })) + event(parts(SIGNED)),
  },
  {
    name: 'a draft in the part before',
    text: event(parts({ ...inline(OWL), thought: true }, SIGNED)),
  },
  ...[...GOOD_SHAPES, ...LENIENT_SHAPES].filter(
    ({ text, picture, drafts }) =>
      picture === FOX &&
      !drafts?.includes(FOX) &&
      text.includes(`${FOX_TEXT}"`) &&
      // Behind it no picture and no flag, or it would be right to end in another.
      !text.slice(text.lastIndexOf(FOX_TEXT)).includes('"thought":t') &&
      !text.slice(text.lastIndexOf(FOX_TEXT)).includes(base64(OWL)),
  ),
];

/** How a body may break; what the connection's end is told as. */
const BREAKS: { name: string; error?: Error }[] = [
  { name: 'it ends' },
  { name: 'the connection is reset', error: withCode('ECONNRESET') },
  { name: 'nothing comes any more', error: withCode('UND_ERR_BODY_TIMEOUT') },
  { name: 'its compression is damaged', error: withCode('Z_DATA_ERROR') },
  { name: 'its chunks are damaged', error: withCode('HPE_INVALID_CHUNK_SIZE') },
  { name: 'the whole limit is over', error: new Failure('timeout', 'over the whole limit') },
];

function withCode(code: string): Error {
  return Object.assign(new Error('broken'), { code });
}

function expectFox({ picture, failure }: Reading, at: number): void {
  // The matcher is slow and says more; it is asked only when there is something to say.
  if (picture?.equals(FOX) && failure === null) return;
  expect({ at, failure, picture }).toEqual({ at, failure: null, picture: FOX });
}

describe('a picture whose base64 has its closing quote', () => {
  it.each(SHAPES)('is the result wherever the bytes end behind it: $name', async ({ text }) => {
    const bytes = Buffer.from(text);
    const quote = Buffer.from(text.slice(0, text.lastIndexOf(`${FOX_TEXT}"`))).length;
    const from = quote + FOX_TEXT.length + 1;
    for (let at = from; at <= bytes.length; at++) {
      for (const { error } of BREAKS) {
        const reading = await readChunks([bytes.subarray(0, at)], error && { error });
        expectFox(reading, at);
      }
    }
    expect(bytes.length).toBeGreaterThan(from);
  });

  it('is the result where the signature behind it passes its bound', async () => {
    for (const form of [event, crlf, json, (value: unknown) => `[${json(value)}]`]) {
      const text = form(ended('STOP', { ...inline(FOX), thoughtSignature: 'A'.repeat(5_000) }));
      for (let size = 1; size < text.length; size += 97) {
        const chunks = Buffer.from(text);
        const reading = await readChunks([chunks.subarray(0, size), chunks.subarray(size)], {
          limits: { base64Length: 100, skippedBytes: 4_000 },
        });
        expectFox(reading, size);
      }
    }
  });

  it.each([
    ['the bytes of the answer', { responseBytes: 600 }, { text: 'x'.repeat(900) }],
    ['the bytes of a document', { documentBytes: 600 }, { text: 'x'.repeat(900) }],
    ['the bytes of a picture', { pictureBytes: 200 }, inline(png({ bytes: 900 }))],
    ['the pictures', { pictures: 1 }, inline(OWL)],
    ['the depth', { depth: 12 }, { text: 'x', deep: [[[[[[[[1]]]]]]]] }],
    ['the parts', { parts: 1 }, { text: 'x' }],
  ])(
    'is the result where what stands behind it passes the bound on %s',
    async (_, limits, part) => {
      const document = parts(SIGNED, part);
      for (const text of [
        event(document),
        json(document),
        `data: ${JSON.stringify(document, null, 1).replaceAll('\n', '\ndata: ')}\n\n`,
      ]) {
        const chunks = Buffer.from(text);
        const half = [chunks.subarray(0, 500), chunks.subarray(500)];
        expectFox(await readChunks(half, { limits }), 0);
      }
    },
  );

  it.each([
    ',oops',
    '}}}}}}]',
    ']',
    ':1',
    '\u0000',
    '"',
    '\\',
    '{"candidates":',
    ',"thoughtSignature":"abc\n',
    ',"note":"\\x"',
    ',"note":nul',
    '\n\n',
    '\ndata: {"error":',
    '<html>',
  ])('is the result where the document goes on with %j', async (junk) => {
    const text = event(ended('STOP', SIGNED));
    const at = text.indexOf(FOX_TEXT) + FOX_TEXT.length + 1;
    for (const damaged of [text.slice(0, at) + junk, text.slice(0, at) + junk + text.slice(at)]) {
      expectFox(await readText(damaged), 0);
      expectFox(await readText(damaged.slice('data: '.length)), 0);
      expectFox(await readText(damaged + event({ ...ended('STOP'), ...USAGE })), 0);
    }
  });

  it('is a draft all the same where its flag can be read behind it', async () => {
    const text = event(parts({ ...inline(OWL), thought: true, thoughtSignature: SIGNATURE }));
    const flagged = text.indexOf('"thought":true') + '"thought":true'.length;
    for (let at = text.indexOf(base64(OWL)) + base64(OWL).length + 1; at < text.length; at++) {
      const { events, picture, failure } = await readText(text.slice(0, at));
      const told = events.find(({ bytes }) => bytes?.equals(OWL))?.type;
      expect([at, told]).toEqual([at, at < flagged ? 'image' : 'draft']);
      if (at < flagged) expect(picture?.equals(OWL)).toBe(true);
      else expect(failure?.kind).toBe('cut');
    }
  });

  it('leaves an earlier whole picture the result where it breaks off itself', async () => {
    const half = FOX.subarray(0, 90);
    const { picture, failure } = await readText(event(parts(inline(OWL), inline(half))));
    expect([failure, picture?.equals(OWL)]).toEqual([null, true]);
    const alone = await readText(event(ended('STOP', inline(half))));
    expect(alone.failure).toMatchObject({
      kind: 'bad_answer',
      details: { problem: 'broken_off' },
    });
  });

  it('is read for the next start where a restart interrupts the signature behind it', async () => {
    const text = event(ended('STOP', SIGNED));
    const body = new Readable({ read() {} });
    body.push(text.slice(0, text.indexOf(SIGNATURE) + 50));
    const abort = new AbortController();
    const reading = readBody(body, { signal: abort.signal });
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    abort.abort(new Failure('interrupted', 'by the test'));
    body.destroy(new Error('by the test'));
    const { events, failure } = await reading;
    expect(failure?.kind).toBe('interrupted');
    expect(events.map(({ type, bytes }) => [type, bytes])).toEqual([['image', FOX]]);
  });
});

describe('a picture in the model’s words', () => {
  const shown = `Here: ![a fox](data:image/png;base64,${FOX_TEXT}) Do you like it?`;

  it('is the result wherever the text breaks behind it', async () => {
    const text = event(ended('STOP', { text: shown }));
    for (let at = text.indexOf(FOX_TEXT) + FOX_TEXT.length; at < text.length; at++) {
      expectFox(await readText(text.slice(0, at)), at);
      expectFox(await readText(text.slice('data: '.length, at)), at);
      expectFox(await readText(`${text.slice(0, at)}\n\n${event(USAGE)}`), at);
    }
  });

  it.each([
    ['two events', (a: unknown, b: unknown) => event(parts(a)) + event(ended('STOP', b))],
    ['two parts', (a: unknown, b: unknown) => event(ended('STOP', a, b))],
    ['two objects', (a: unknown, b: unknown) => `${json(parts(a))}\n${json(ended('STOP', b))}`],
    [
      'two events with others between them',
      (a: unknown, b: unknown) =>
        event(parts({ ...(a as object), thoughtSignature: SIGNATURE })) +
        event({ usageMetadata: { promptTokenCount: 8, totalTokenCount: 8 } }) +
        event(parts({ text: '' })) +
        event(ended('STOP', b)),
    ],
  ])('is read whole when it is split anywhere over %s', async (_, write) => {
    for (let at = 1; at < shown.length; at++) {
      const text = write({ text: shown.slice(0, at) }, { text: shown.slice(at) });
      const reading = await readText(text);
      expectFox(reading, at);
      const words = reading.events.map((told) => told.text ?? '').join('');
      expect(words).toMatch(/^Here: /);
      expect(words).toMatch(/ Do you like it\?$/);
      expect(words.length).toBeLessThan(150);
    }
  });

  it.each([1, 2, 3, 4, 7, 50, 100])('is read whole in texts of %i characters', async (length) => {
    const pieces = shown.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
    expectFox(await readText(pieces.map((text) => event(parts({ text }))).join('')), 0);
  });

  it('ends with its own last byte, whatever letters the next text begins with', async () => {
    // Of a length that needs no padding, so that nothing but the picture says where it ends.
    const picture = png({ bytes: 132 });
    expect(base64(picture)).not.toContain('=');
    const text =
      event(parts({ text: `data:image/png;base64,${base64(picture)}` })) +
      event(ended('STOP', { text: 'Enjoy' }));
    const { events } = await readText(text);
    expect(events.find(({ type }) => type === 'image')?.bytes).toEqual(picture);
    expect(events.filter(({ type }) => type === 'text')).toEqual([{ type: 'text', text: 'Enjoy' }]);
  });

  it('gives way to a picture of its own kind of part when it never comes to its end', async () => {
    const text = event(parts({ text: shown.slice(0, 200) })) + event(ended('STOP', inline(OWL)));
    expect((await readText(text)).picture?.equals(OWL)).toBe(true);
  });

  it('is words alone where it is only spoken of, however often', async () => {
    const mention = 'Write data:image/png;base64,iVBORw0KGgo… or data:image/jpeg;base64, then. ';
    for (const text of [mention.repeat(400), 'data:image/png;base64,'.repeat(100)]) {
      const { failure, sawImage } = await readText(event(ended('STOP', { text })));
      expect([failure?.kind, sawImage]).toEqual(['no_image', false]);
      expect(failure?.details.words).toBe(text.trim().slice(0, 4_000).trim());
    }
    const { picture } = await readText(
      event(parts({ text: mention.repeat(40) }, inline(FOX))) + event(ended('STOP')),
    );
    expect(picture?.equals(FOX)).toBe(true);
  });
});

describe('a whole picture over a real connection', () => {
  const text = event(ended('STOP', SIGNED));
  const head = text.slice(0, text.indexOf(SIGNATURE) + 50);
  const zipped = gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
  const half = gzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
  const breaks: [string, Answerer][] = [
    [
      'the connection is reset',
      (response) =>
        void response.write(head, () => setTimeout(() => response.socket?.resetAndDestroy(), 20)),
    ],
    ['nothing comes any more', (response) => void response.write(head)],
    [
      'the length was a lie',
      (response) =>
        void response
          .writeHead(200, { 'content-length': 9_999 })
          .write(head, () => response.socket?.end()),
    ],
    [
      'the chunks are damaged',
      (response) =>
        void response.socket?.end(
          `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${head.length.toString(16)}\r\n${head}\r\nzz\r\n`,
        ),
    ],
    [
      'its gzip is damaged',
      (response) =>
        void response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(Buffer.concat([half, Buffer.alloc(900, 0xff)])),
    ],
    [
      'its gzip lacks its end',
      (response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(zipped.subarray(0, -20)),
    ],
  ];
  it.each(breaks)('is delivered where %s behind it', async (_, answer) => {
    const client = await startClient(answer, { limits: { idleTimeoutMs: 150 } });
    cleanups.push(client.close);
    const { outcome, failure } = await client.generate();
    expect(failure).toBeNull();
    expect(outcome?.image.bytes).toBe(FOX.length);
    expect(client.server.requests).toHaveLength(1);
  });
});

describe('a body that stays open behind a whole picture', () => {
  it('is closed after the time that an unsettled answer gets', async () => {
    const text = event(ended('STOP', SIGNED));
    const body = new Readable({ read() {} });
    body.push(text.slice(0, text.indexOf(SIGNATURE) + 50));
    const reading = await readBody(body, { limits: { unsettledTimeoutMs: 30 } });
    expectFox(reading, 0);
  });
});
