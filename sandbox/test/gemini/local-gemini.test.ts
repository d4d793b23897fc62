import { createHash } from 'node:crypto';
import { GoogleGenAI } from '@google/genai';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalGemini, startLocalGemini } from '../../gemini/local-gemini.ts';
import { ask, pictureOf, textOf } from './client.ts';

let gemini: LocalGemini;
beforeAll(async () => {
  gemini = await startLocalGemini();
});
afterAll(() => gemini.close());

const FLASH = 'gemini-3.1-flash-image-preview';
const PRO = 'gemini-3-pro-image-preview';

describe('the official SDK', () => {
  const sdk = (): GoogleGenAI =>
    new GoogleGenAI({ apiKey: gemini.key, httpOptions: { baseUrl: gemini.url } });

  it('reads a whole streamed generation: thoughts first, then the picture, then usage', async () => {
    const stream = await sdk().models.generateContentStream({
      model: PRO,
      contents: 'a red fox in snow',
      config: {
        responseModalities: ['TEXT', 'IMAGE'],
        imageConfig: { aspectRatio: '16:9', imageSize: '1K' },
      },
    });
    const kinds: string[] = [];
    let data = '';
    let usage: object | undefined;
    for await (const chunk of stream) {
      for (const part of chunk.candidates?.[0]?.content?.parts ?? []) {
        kinds.push(part.thought === true ? 'thought' : part.inlineData ? 'image' : 'text');
        data = part.inlineData?.data ?? data;
      }
      usage = chunk.usageMetadata ?? usage;
    }
    expect(kinds).toEqual(['thought', 'thought', 'thought', 'thought', 'image']);
    const { width, height, format } = await sharp(Buffer.from(data, 'base64')).metadata();
    expect({ width, height, format }).toEqual({ width: 1376, height: 768, format: 'png' });
    expect(usage).toMatchObject({
      candidatesTokenCount: 1120,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 5 }],
    });
  });

  it('reads a whole generation from one answer, with the reference that it sent', async () => {
    const photo = await sharp({
      create: { width: 300, height: 200, channels: 3, background: '#a04020' },
    })
      .jpeg()
      .toBuffer();
    const response = await sdk().models.generateContent({
      model: FLASH,
      contents: [
        { text: 'add a llama' },
        { inlineData: { mimeType: 'image/jpeg', data: photo.toString('base64') } },
      ],
      config: { responseModalities: ['TEXT', 'IMAGE'] },
    });
    const parts = response.candidates?.[0]?.content?.parts ?? [];
    expect(parts.filter((part) => part.thought)).toHaveLength(4);
    const data = parts.find((part) => part.inlineData)?.inlineData?.data ?? '';
    // No ratio was asked for: the picture follows its reference.
    const { width, height } = await sharp(Buffer.from(data, 'base64')).metadata();
    expect({ width, height }).toEqual({ width: 1264, height: 848 });
    expect(response.usageMetadata?.totalTokenCount).toBeGreaterThan(1120 + 560);
    expect(gemini.requests.at(-1)).toMatchObject({
      model: FLASH,
      ratio: null,
      prompt: 'add a llama',
      references: [
        {
          mime: 'image/jpeg',
          bytes: photo.length,
          sha256: createHash('sha256').update(photo).digest('hex'),
        },
      ],
      outcome: 'sent',
      pictureSent: true,
    });
  });
});

describe('the wire of the provider’s documents', () => {
  it('has the members and the order of the examples', async () => {
    const { objects } = await ask(gemini, { prompt: 'a sunset over mountains', size: '2K' });
    const [first, ...rest] = objects;
    expect(first).toEqual({
      candidates: [
        {
          content: {
            role: 'model',
            parts: [{ text: expect.stringMatching(/^\*\*.+\*\*\n\n/), thought: true }],
          },
          index: 0,
        },
      ],
      usageMetadata: { trafficType: 'ON_DEMAND' },
      modelVersion: FLASH,
      createTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      responseId: expect.any(String),
    });
    expect(rest.at(-2)).toMatchObject({
      candidates: [
        {
          content: { parts: [{ inlineData: { mimeType: 'image/png' } }] },
          finishReason: 'STOP',
        },
      ],
    });
    const last = rest.at(-1);
    expect(Object.keys(last ?? {})).toEqual(['usageMetadata']);
    const usage = last?.['usageMetadata'] as Record<string, number>;
    expect(usage['candidatesTokenCount']).toBe(1680);
    expect(usage['totalTokenCount']).toBe(
      (usage['promptTokenCount'] ?? 0) + 1680 + (usage['thoughtsTokenCount'] ?? 0),
    );
  });

  it('answers one JSON array when events are not asked for', async () => {
    const { contentType, objects, body } = await ask(gemini, { prompt: 'a boat', alt: null });
    expect(contentType).toMatch(/^application\/json/);
    expect(JSON.parse(body)).toHaveLength(objects.length);
    expect((await pictureOf(objects)).width).toBe(1024);
  });

  it('gives the same bytes for the same prompt, and others for another', async () => {
    const one = await pictureOf((await ask(gemini, { prompt: 'a boat' })).objects);
    const again = await pictureOf((await ask(gemini, { prompt: 'a boat' })).objects);
    const other = await pictureOf((await ask(gemini, { prompt: 'a boot' })).objects);
    expect(again.file.equals(one.file)).toBe(true);
    expect(other.file.equals(one.file)).toBe(false);
  });

  it('gives other bytes to each of several that ask for the same at once', async () => {
    const answers = [1, 2, 3].map(() => ask(gemini, { prompt: 'three boats' }));
    const pictures = await Promise.all(answers.map(async (one) => pictureOf((await one).objects)));
    expect(new Set(pictures.map(({ file }) => file.toString('latin1'))).size).toBe(3);
    const alone = await pictureOf((await ask(gemini, { prompt: 'three boats' })).objects);
    expect(pictures.some(({ file }) => file.equals(alone.file))).toBe(true);
  });

  it('lists the four models and describes each', async () => {
    const list = await fetch(`${gemini.url}/v1beta/models?key=${gemini.key}`);
    const { models } = (await list.json()) as { models: { name: string }[] };
    expect(models).toHaveLength(4);
    const one = await fetch(`${gemini.url}/v1beta/${models[0]?.name}`, {
      headers: { 'x-goog-api-key': gemini.key },
    });
    expect(await one.json()).toEqual(models[0]);
  });
});

describe('a client that leaves', () => {
  it('ends the work at once and is recorded as gone', async () => {
    const leaving = new AbortController();
    const finished = new Promise<string>((resolve) => {
      gemini.events.once('finished', ({ outcome }) => resolve(outcome));
    });
    gemini.events.once('started', () => leaving.abort());
    await expect(
      ask(gemini, { prompt: 'a boat [[slow:600]]', signal: leaving.signal }),
    ).rejects.toThrow();
    expect(await finished).toBe('client-gone');
  });

  it('does not count a picture as sent while the client does not read it', async () => {
    const leaving = new AbortController();
    const finished = new Promise<boolean>((resolve) => {
      gemini.events.once('finished', ({ pictureSent }) => resolve(pictureSent));
    });
    const response = await ask.raw(gemini, {
      prompt: 'a boat [[huge]]',
      signal: leaving.signal,
    });
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    expect(await finished).toBe(false);
  });
});

it('takes directives for the next request from its controls', async () => {
  gemini.controls.nextDirectives.push('[[text-only]]');
  expect(textOf((await ask(gemini, { prompt: 'a lake' })).objects)).toMatch(/picture/);
  expect((await pictureOf((await ask(gemini, { prompt: 'a lake' })).objects)).width).toBe(1024);
});
