import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DIRECTIVES,
  describeDirectives,
  parsePrompt,
  readByteCount,
} from '../../gemini/directives.ts';
import { type LocalGemini, startLocalGemini } from '../../gemini/local-gemini.ts';
import { ask, partsOf, pictureOf, type Question, type Reply, textOf } from './client.ts';

let gemini: LocalGemini;
beforeAll(async () => {
  gemini = await startLocalGemini();
});
afterAll(() => gemini.close());

/** 512 pixels keep the drawing short. */
const says = (words: string, question: Partial<Question> = {}): Promise<Reply> =>
  ask(gemini, { prompt: `a small boat ${words}`, size: '512', ...question });

const errorOf = ({ body }: Reply): Record<string, unknown> => JSON.parse(body).error;
const lastOutcome = (): unknown => gemini.requests.at(-1)?.outcome;

describe('answers that are no stream', () => {
  it.each([
    ['[[busy]]', 503, { status: 'UNAVAILABLE' }],
    ['[[quota]]', 429, { details: [{ retryDelay: '1.5s' }] }],
    ['[[retry-after]]', 503, {}],
    ['[[status:524]]', 524, { code: 'upstream_error' }],
    ['[[reject]]', 400, { status: 'INVALID_ARGUMENT' }],
    ['[[bad-key]]', 400, { details: [{ reason: 'API_KEY_INVALID' }] }],
    ['[[bad-key:gateway]]', 401, { code: 'invalid_token' }],
    ['[[broke]]', 403, { code: 'insufficient_user_quota' }],
    ['[[gone]]', 404, { status: 'NOT_FOUND' }],
    ['[[gone:gateway]]', 503, { code: 'model_not_found' }],
  ])('%s answers %i', async (words, status, error) => {
    const reply = await says(words);
    expect(reply.status).toBe(status);
    expect(errorOf(reply)).toMatchObject(error);
    expect(lastOutcome()).toBe('error');
  });

  it('[[retry-after]] says so in its header', async () => {
    expect((await says('[[retry-after]]')).headers.get('retry-after')).toBe('1');
  });

  it('[[html]] is a proxy’s page', async () => {
    const { status, contentType, body } = await says('[[html]]');
    expect({ status, html: body.startsWith('<!doctype html>') }).toEqual({
      status: 502,
      html: true,
    });
    expect(contentType).toMatch(/^text\/html/);
  });

  it('[[error-200]] is an error that is labelled as a stream', async () => {
    const { status, contentType, body } = await says('[[error-200]]');
    expect({ status, contentType }).toEqual({ status: 200, contentType: 'text/event-stream' });
    expect(JSON.parse(body).error.code).toBe(503);
  });

  it('[[drop-connection]] closes without an answer', async () => {
    await expect(says('[[drop-connection]]')).rejects.toThrow();
  });

  it('[[gone]] leaves the successor, [[gone:all]] nothing', async () => {
    const model = 'gemini-3.1-flash-image';
    expect((await says('[[gone]]', { model })).status).toBe(200);
    expect((await says('[[gone:all]]', { model })).status).toBe(404);
  });
});

describe('a count at a directive’s end', () => {
  it('lets the attempt after it succeed, and then begins anew', async () => {
    const statuses: number[] = [];
    for (let turn = 0; turn < 6; turn += 1) statuses.push((await says('[[busy:2]]')).status);
    expect(statuses).toEqual([503, 503, 200, 503, 503, 200]);
  });

  it('works after another argument', async () => {
    expect((await pictureCount(await says('[[cut:before:1]]'))).whole).toBe(0);
    expect((await pictureCount(await says('[[cut:before:1]]'))).whole).toBe(1);
  });

  it('of one prompt is not counted for another', async () => {
    expect((await says('one [[busy:1]]')).status).toBe(503);
    expect((await says('two [[busy:1]]')).status).toBe(503);
    expect((await says('one [[busy:1]]')).status).toBe(200);
  });
});

describe('answers without a picture', () => {
  it('[[refuse]] blocks the prompt, with no candidates', async () => {
    const { objects } = await says('[[refuse]]');
    expect(objects).toHaveLength(1);
    expect(objects[0]).toMatchObject({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } });
    expect(objects[0]).not.toHaveProperty('candidates');
  });

  it.each([
    ['[[refuse-image]]', 'IMAGE_SAFETY'],
    ['[[text-only]]', 'STOP'],
    ['[[no-image]]', 'NO_IMAGE'],
    ['[[finish:recitation]]', 'RECITATION'],
  ])('%s finishes with %s', async (words, finishReason) => {
    const { objects } = await says(words);
    expect(objects.at(-2)).toMatchObject({ candidates: [{ finishReason }] });
    expect(partsOf(objects).every((part) => part.inlineData === undefined)).toBe(true);
    expect(textOf(objects) !== '').toBe(words === '[[text-only]]');
  });
});

describe('answers that break', () => {
  it.each([
    ['[[cut]]', true, 0],
    ['[[cut:before]]', true, 0],
    ['[[cut:reset]]', false, 0],
    ['[[cut:after]]', true, 1],
    ['[[error-mid]]', true, 0],
    ['[[bare-error]]', true, 0],
    ['[[garbage]]', true, 0],
    ['[[error-after]]', true, 1],
  ])('%s: closed cleanly %s, whole pictures %i', async (words, closedCleanly, whole) => {
    const reply = await says(words);
    expect(reply.whole).toBe(closedCleanly);
    expect(await pictureCount(reply)).toEqual({ whole });
    expect(reply.body).not.toContain('totalTokenCount');
    expect(gemini.requests.at(-1)).toMatchObject({
      outcome: 'broken-off',
      pictureSent: whole === 1,
    });
  });

  it('[[cut]] breaks in the middle of the picture', async () => {
    const { body } = await says('[[cut]]');
    // Not `toMatch`, which would print the picture.
    expect(/"data":"[\w+/]{1000,}$/.test(body)).toBe(true);
  });

  it('[[broken]] starts like a picture and is none', async () => {
    const data = partsOf((await says('[[broken]]')).objects).at(-1)?.inlineData?.data ?? '';
    const file = Buffer.from(data, 'base64');
    expect(file.subarray(1, 4).toString()).toBe('PNG');
    await expect(sharp(file).raw().toBuffer()).rejects.toThrow();
  });

  it.each(['[[silent]]', '[[silent:headers]]', '[[silent:image]]'])(
    '%s says no more until the client leaves',
    async (words) => {
      const leaving = new AbortController();
      const finished = new Promise<string>((resolve) => {
        gemini.events.once('finished', ({ outcome }) => resolve(outcome));
      });
      gemini.events.once('started', () => setImmediate(() => leaving.abort()));
      await expect(says(words, { signal: leaving.signal })).rejects.toThrow();
      expect(await finished).toBe('client-gone');
    },
  );
});

describe('pictures in every form', () => {
  it.each([
    ['[[crlf]]', /\r\n\r\n/],
    ['[[ping]]', /\n\n: PING\n\n/],
    ['[[done]]', /\n\ndata: \[DONE\]\n\n$/],
    ['[[no-blank]]', /[^\n]\n$/],
    ['[[array]]', /^\[\{.+\}\n\]\n$/s],
    ['[[object]]', /^\{"candidates":\[/],
    ['[[snake]]', /"inline_data":\{"mime_type":"image\/png"/],
    ['[[lie]]', /"mimeType":"image\/jpeg"/],
    ['[[sparse]]', /"candidates":null/],
    ['[[no-usage]]', /^(?!.*totalTokenCount)/s],
    ['[[no-finish]]', /^(?!.*finishReason)/s],
  ])('%s still holds a whole picture', async (words, form) => {
    const { body, objects } = await says(words);
    expect(form.test(body)).toBe(true);
    const { width, height, format } = await pictureOf(objects);
    expect({ width, height, format }).toEqual({ width: 512, height: 512, format: 'png' });
  });

  it.each(['png', 'jpeg', 'webp'])('[[format:%s]] has its length by [[bytes:]]', async (format) => {
    const { objects } = await says(`[[format:${format}]] [[bytes:2MB]]`);
    const picture = await pictureOf(objects);
    expect(picture.format).toBe(format);
    expect(Math.abs(picture.file.length - 2_000_000)).toBeLessThan(16);
    // The whole file is read, not only its head.
    await sharp(picture.file, { failOn: 'warning' }).raw().toBuffer();
  });

  it('[[huge]] is about 30 MB in one line', async () => {
    const { body, objects } = await says('[[huge]]');
    expect((await pictureOf(objects)).file.length).toBe(30_000_000);
    expect(Math.max(...body.split('\n').map((line) => line.length))).toBeGreaterThan(40_000_000);
  });

  it('[[grain]] makes a PNG as heavy as a photograph, the same every time', async () => {
    const heavy = (await pictureOf((await says('[[grain]]')).objects)).file;
    expect(heavy.length).toBeGreaterThan(512 * 512);
  });

  it('[[draft]] shows two drafts with the flag, [[unflagged]] without', async () => {
    const pictures = (reply: Reply): (boolean | undefined)[] =>
      partsOf(reply.objects).flatMap((part) => (part.inlineData ? [part.thought] : []));
    expect(pictures(await says('[[draft]]'))).toEqual([true, true, undefined]);
    expect(pictures(await says('[[unflagged]]'))).toEqual([undefined, undefined, undefined]);
    expect(pictures(await says('[[all-flagged]] [[draft]]'))).toEqual([true, true, true]);
    expect(pictures(await says('[[two]]'))).toEqual([undefined, undefined]);
  });

  it('[[signature]] is larger than the picture', async () => {
    const part = partsOf((await says('[[signature]]')).objects).at(-1);
    expect(part?.thoughtSignature?.length).toBeGreaterThan(part?.inlineData?.data.length ?? 0);
  });

  it('[[url]] and [[file-uri]] name an address that serves it', async () => {
    const url = partsOf((await says('[[url]]')).objects).at(-1)?.inlineData?.data ?? '';
    const uri = partsOf((await says('[[file-uri]]')).objects).at(-1)?.fileData?.fileUri ?? '';
    for (const address of [url, uri]) {
      const response = await fetch(address);
      expect(response.headers.get('content-type')).toBe('image/png');
      expect((await sharp(await response.arrayBuffer()).metadata()).width).toBe(512);
    }
  });

  it('[[data-uri]] puts it into the text', async () => {
    const text = textOf((await says('[[data-uri]]')).objects);
    const data = /!\[picture\]\(data:image\/png;base64,([^)]+)\)/.exec(text)?.[1] ?? '';
    expect((await sharp(Buffer.from(data, 'base64')).metadata()).width).toBe(512);
  });

  it('[[slow:…]] takes its time at any pace', async () => {
    const before = performance.now();
    await says('[[slow:0.3]]');
    expect(performance.now() - before).toBeGreaterThan(250);
  });
});

describe('parsing a prompt', () => {
  it('takes them out of the prompt and leaves other brackets', () => {
    const { directives, text } = parsePrompt('a [[Busy:1]] fox [[cut:before:2]] in [[brackets]]');
    expect([...directives]).toEqual([
      ['busy', ['1']],
      ['cut', ['before', '2']],
    ]);
    expect(text).toBe('a fox in [[brackets]]');
  });

  it('reads sizes as people write them', () => {
    expect(['12MB', '1.5mb', '300 kB', '42', 'x'].map(readByteCount)).toEqual([
      12_000_000,
      1_500_000,
      300_000,
      42,
      null,
    ]);
  });

  it('describes every directive in the table', () => {
    const table = describeDirectives();
    for (const { usage } of Object.values(DIRECTIVES)) expect(table).toContain(usage);
  });
});

/** Pictures that could be decoded whole. */
async function pictureCount({ objects, body }: Reply): Promise<{ whole: number }> {
  const lines = body.split('\n').filter((line) => line.startsWith('data: {'));
  const readable = objects.length > 0 ? objects : lines.flatMap(parseOrNothing);
  const files = partsOf(readable).flatMap((part) => part.inlineData?.data ?? []);
  for (const data of files) await sharp(Buffer.from(data, 'base64')).raw().toBuffer();
  return { whole: files.length };
}

function parseOrNothing(line: string): Record<string, unknown>[] {
  try {
    return [JSON.parse(line.slice(6))];
  } catch {
    return [];
  }
}
