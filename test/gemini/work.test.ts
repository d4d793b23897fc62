import { describe, expect, it } from 'vitest';
import { classifyProviderError } from '../../src/gemini/errors/classify.ts';
import { readErrorBody } from '../../src/gemini/errors/error-body.ts';
import {
  lastPictureLink,
  pictureUriPattern,
  piecesOf,
  withoutLongBase64,
} from '../../src/gemini/response/picture-text.ts';
import { completeJson } from '../../src/gemini/stream/complete-json.ts';
import { createTranscript } from '../../src/generation/run/transcript.ts';
import { renderWorking } from '../reply/render/single-reply.ts';
import { countWork } from './support/count-work.ts';
import { readText } from './support/read.ts';
import { base64, event, FOX, inline, json, parts } from './support/wire-shapes.ts';

/** What may be looked at of each byte that came: several passes, and never one for each event. */
const PASSES = 40;

const FOX_URI = `data:image/png;base64,${base64(FOX)}`;
const NONCE = 'a'.repeat(24);

/** Texts that a search with an expression of the obvious kind reads again and again. */
const HOSTILE: [string, string][] = [
  ['labels that never end', '!['],
  ['labels and ends', '![]('],
  ['bold marks', '**'],
  ['headings that are none', '**a** b\n'],
  ['headings', '**a**\n'],
  ['blank space', ' \t'],
  ['line ends', '\n'],
  ['the head of data URIs', 'data:image/png;base64,'],
  ['heads of heads', 'data:image/'],
  ['words just too short for base64', `${'A'.repeat(59)} `],
  ['lines just too few for base64', `${'A'.repeat(199)} ${'A'.repeat(199)} x `],
  ['one word', 'A'],
  ['links', '![x](https://elsewhere.example/x.png)'],
  ['links that break off', '![x](http'],
  ['quotes', '"'],
  ['escapes', '\\/"\u0001'],
  ['addresses', 'https://*'],
  ['handles that are none', '0123456789abcdef01234567-1-'],
];

function repeat(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

describe('the work on an answer', () => {
  it.each(HOSTILE)('grows with its bytes alone, in one text: %s', async (_, piece) => {
    for (const thought of [true, false]) {
      const text = event(parts({ text: repeat(piece, 60_000), thought }));
      const work = await countWork(() => readText(text));
      expect(work).toBeLessThan(PASSES * text.length);
    }
  });

  it.each(HOSTILE)('grows with its bytes alone, in many events: %s', async (_, piece) => {
    for (const thought of [true, false]) {
      const whole = repeat(piece, 24_000);
      const texts = whole.match(/.{1,8}/gs) ?? [];
      const answer = texts.map((text) => event(parts({ text, thought }))).join('');
      const work = await countWork(() => readText(answer));
      expect(work).toBeLessThan(PASSES * answer.length);
    }
  });

  it('grows with its bytes alone, in many parts of one document', async () => {
    const list = Array.from({ length: 15_000 }, (_, index) => ({
      text: 'ab',
      thought: index % 2 === 0,
    }));
    const answer = event(parts(...list));
    expect(await countWork(() => readText(answer))).toBeLessThan(PASSES * answer.length);
  });

  it.each([1, 3, 50])(
    'grows with its bytes alone, in a data URI of %i characters an event',
    async (length) => {
      const words = `Here: ![](${FOX_URI}) and `.repeat(10);
      const texts = words.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
      const answer = texts.map((text) => event(parts({ text }))).join('');
      expect(await countWork(() => readText(answer))).toBeLessThan(PASSES * answer.length);
    },
  );

  it.each(HOSTILE)(
    'grows with its bytes alone where a picture stands among: %s',
    async (_, piece) => {
      const text = `${repeat(piece, 20_000)}![](${FOX_URI})${repeat(piece, 20_000)}`;
      const answer = event(parts({ text }, inline(FOX)));
      expect(await countWork(() => readText(answer))).toBeLessThan(PASSES * answer.length);
      const cut = answer.slice(0, -9);
      expect(await countWork(() => readText(cut))).toBeLessThan(PASSES * answer.length);
    },
  );
});

describe('the work on an error', () => {
  it.each(HOSTILE)('is bounded, whatever its length: %s', async (_, piece) => {
    const message = repeat(piece, 60_000);
    for (const body of [
      json({ error: { message } }),
      json({
        error: { message: 'no', code: message, details: Array(3_000).fill({ reason: 'X' }) },
      }),
      json({ error: { message: json({ error: { message } }) } }),
      json({ error: { message } }).slice(0, -9),
      message,
      '['.repeat(30_000),
    ]) {
      const work = await countWork(() =>
        classifyProviderError(readErrorBody(500, body), (text) => text),
      );
      expect(work).toBeLessThan(PASSES * body.length + 200_000);
    }
  });
});

describe('the work on a text', () => {
  const searches: [string, (text: string) => unknown][] = [
    ['for pictures', (text) => [...piecesOf(text, pictureUriPattern(NONCE))]],
    ['for a link', lastPictureLink],
    ['for raw base64', withoutLongBase64],
    ['for the whole part of JSON', completeJson],
  ];
  it.each(searches)('%s is a pass or a few', async (_, search) => {
    for (const [, piece] of HOSTILE) {
      for (const text of [
        repeat(piece, 50_000),
        `${NONCE}-1-${repeat(piece, 50_000)}${NONCE}-2-`,
      ]) {
        expect(await countWork(() => search(text))).toBeLessThan(8 * text.length);
      }
    }
  });
});

describe('the work on a model’s thinking', () => {
  const state = {
    id: 'g1',
    replyId: 'r1',
    request: { prompt: 'a fox', model: 'flash', ratio: null, size: '1K', references: [] },
    origin: null,
    askedAt: 0,
    phase: 'thinking',
    position: null,
    runningSince: null,
    usualMs: null,
    retry: null,
    draft: null,
  } as unknown as Parameters<typeof renderWorking>[0];

  it.each(HOSTILE)(
    'grows with its length, and is done only for what is shown: %s',
    async (_, piece) => {
      const pieces = repeat(piece, 60_000).match(/.{1,3}/gs) ?? [];
      const transcript = createTranscript();
      let shown = 0;
      const work = await countWork(() => {
        for (const [index, text] of pieces.entries()) {
          transcript.add(text);
          const thought = transcript.latest();
          if (index % 2_000 !== 0) continue;
          renderWorking({ ...state, thought }, 0);
          shown += 1;
        }
      });
      expect(work).toBeLessThan(PASSES * 60_000 + shown * 400_000);
    },
  );

  it('finds a heading that came in pieces, and lets go of what is old', () => {
    const transcript = createTranscript(20_000);
    for (const text of `${'x'.repeat(30_000)}\n**Seeing** a fox\n**Drawing it**\nNow`)
      transcript.add(text);
    expect({ ...transcript.latest() }).toEqual({ heading: 'Drawing it', words: 'Now' });
    expect(transcript.text.length).toBeLessThanOrEqual(20_000);
    expect(createTranscript().latest()).toBeNull();
  });
});
