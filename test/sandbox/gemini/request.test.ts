import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalGemini, startLocalGemini } from '../../../sandbox/gemini/local-gemini.ts';
import { ask, type Reply } from './client.ts';

let gemini: LocalGemini;
beforeAll(async () => {
  gemini = await startLocalGemini({ maxBodyBytes: 200_000 });
});
afterAll(() => gemini.close());

const config = { responseModalities: ['TEXT', 'IMAGE'], imageConfig: { imageSize: '512' } };
const send = (body: unknown, key?: string): Promise<Reply> =>
  ask(gemini, { prompt: '', body, ...(key === undefined ? {} : { key }) });
const withParts = (...parts: unknown[]): Promise<Reply> =>
  send({ contents: [{ parts }], generationConfig: config });

describe('a request that the real service would refuse', () => {
  const text = [{ parts: [{ text: 'a boat' }] }];
  const image = (imageConfig: object): object => ({
    contents: text,
    generationConfig: { responseModalities: ['IMAGE'], imageConfig },
  });
  it.each([
    ['is no JSON', '{"contents":', /Invalid JSON payload/],
    ['has no contents', { generationConfig: config }, /'contents'/],
    ['has empty contents', { contents: [], generationConfig: config }, /'contents'/],
    ['has no generationConfig', { contents: text }, /'generation_config'/],
    ['names an unknown field', { ...image({}), prompt: 'x' }, /Unknown name "prompt"/],
    [
      'names an unknown field within',
      image({ aspect: '1:1' }),
      /Unknown name "aspect" at 'generation_config.image_config'/,
    ],
    [
      'asks for an unknown ratio',
      image({ aspectRatio: '7:5' }),
      /'generation_config.image_config.aspect_ratio'/,
    ],
    ['writes the size in small letters', image({ imageSize: '1k' }), /image_size/],
    [
      'wants no image',
      { contents: text, generationConfig: { responseModalities: ['TEXT'] } },
      /response_modalities/,
    ],
    [
      'gives a field in both casings',
      { contents: text, generationConfig: config, generation_config: config },
      /twice/,
    ],
  ])('which %s answers 400', async (_, body, message) => {
    const { status, body: answer } = await send(body);
    expect(status).toBe(400);
    const { error } = JSON.parse(answer);
    expect(error).toMatchObject({ code: 400, status: 'INVALID_ARGUMENT' });
    expect(error.message).toMatch(message);
  });

  it('which asks Pro for 512 answers 400', async () => {
    const model = 'gemini-3-pro-image';
    expect((await ask(gemini, { prompt: 'a boat', size: '512', model })).status).toBe(400);
  });

  it('whose key is wrong answers 400, without one 403', async () => {
    const wrong = await send({ contents: [] }, 'another');
    expect(JSON.parse(wrong.body).error.details[0].reason).toBe('API_KEY_INVALID');
    const none = await fetch(`${gemini.url}/v1beta/models`);
    expect(none.status).toBe(403);
  });

  it('whose model or address is unknown answers 404', async () => {
    expect((await ask(gemini, { prompt: 'a boat', model: 'gemini-x' })).status).toBe(404);
    expect((await fetch(`${gemini.url}/v2/models?key=${gemini.key}`)).status).toBe(404);
  });

  it('whose body is over the bound answers 413', async () => {
    expect((await send('x'.repeat(200_001))).status).toBe(413);
  });
});

describe('references', () => {
  const picture = (): Promise<Buffer> =>
    sharp({ create: { width: 30, height: 40, channels: 3, background: '#808080' } })
      .webp()
      .toBuffer();

  it('are taken in either casing, and recorded as they are', async () => {
    const data = (await picture()).toString('base64');
    const { status } = await withParts(
      { text: 'mix them' },
      { inline_data: { mime_type: 'image/webp', data } },
      {
        inlineData: {
          mimeType: 'image/webp',
          data: data.replaceAll('+', '-').replaceAll('/', '_'),
        },
      },
    );
    expect(status).toBe(200);
    const [one, other] = gemini.requests.at(-1)?.references ?? [];
    expect(one).toMatchObject({ mime: 'image/webp', bytes: (await picture()).length });
    expect(other).toEqual(one);
  });

  it('that are no picture, or no base64, are refused', async () => {
    const broken = { inline_data: { mime_type: 'image/png', data: 'AAAA' } };
    const noBase64 = { inline_data: { mime_type: 'image/png', data: '*' } };
    for (const part of [broken, noBase64]) {
      const { status, body } = await withParts({ text: 'x' }, part);
      expect(status).toBe(400);
      expect(JSON.parse(body).error.message).toMatch(/^Unable to process input image/);
    }
  });

  it('of a type that the documents do not name are refused', async () => {
    const data = (await picture()).toString('base64');
    const gif = { inline_data: { mime_type: 'image/gif', data } };
    expect((await withParts({ text: 'x' }, gif)).status).toBe(400);
  });

  it('are at most 14', async () => {
    const data = (await picture()).toString('base64');
    const parts = Array.from({ length: 15 }, () => ({
      inline_data: { mime_type: 'image/webp', data },
    }));
    expect((await withParts({ text: 'x' }, ...parts)).status).toBe(400);
    expect((await withParts({ text: 'x' }, ...parts.slice(1))).status).toBe(200);
  });
});
