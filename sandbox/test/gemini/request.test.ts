import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalGemini, startLocalGemini } from '../../gemini/local-gemini.ts';
import { ask, pictureOf, type Reply } from './client.ts';

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

  it('whose bytes are of another type, or move, or break off are refused under any name', async () => {
    const still = sharp(await picture());
    const noise = Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * 7919) % 251));
    const png = await sharp(noise, { raw: { width: 100, height: 100, channels: 3 } })
      .png()
      .toBuffer();
    const frames = sharp(noise, { raw: { width: 100, height: 100, channels: 3, pageHeight: 50 } });
    const refused = [
      await still.clone().gif().toBuffer(),
      await still.clone().avif().toBuffer(),
      await still.clone().tiff().toBuffer(),
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      await frames.webp({ loop: 0, delay: [100, 100] }).toBuffer(),
      png.subarray(0, png.length / 2),
    ];
    for (const mime_type of ['image/png', 'image/jpeg', 'image/webp']) {
      for (const bytes of refused) {
        const part = { inline_data: { mime_type, data: bytes.toString('base64') } };
        const { status, body } = await withParts({ text: 'x' }, part);
        expect({ status, mime_type }).toEqual({ status: 400, mime_type });
        expect(JSON.parse(body).error.message).toMatch(/^Unable to process input image/);
        // Refused, and still recorded byte for byte.
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        expect(gemini.requests.at(-1)?.references).toEqual([
          { mime: mime_type, bytes: bytes.length, sha256 },
        ]);
      }
    }
  });

  it('are not turned by their EXIF orientation: the answer follows the pixels as they are stored', async () => {
    const lying = sharp({
      create: { width: 320, height: 200, channels: 3, background: '#808080' },
    });
    const file = await lying.withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const part = { inline_data: { mime_type: 'image/jpeg', data: file.toString('base64') } };
    const { status, objects } = await withParts({ text: 'x' }, part);
    expect(status).toBe(200);
    const { width, height } = await pictureOf(objects);
    expect(width).toBeGreaterThan(height);
    const sha256 = createHash('sha256').update(file).digest('hex');
    expect(gemini.requests.at(-1)?.references).toMatchObject([{ bytes: file.length, sha256 }]);
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
