import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { Agent, request } from 'undici';

/** One way to get a picture. */
export interface Client {
  /** Asks for one picture and returns its bytes (the floor: what was read). */
  picture(): Promise<number>;
  close(): Promise<void>;
}

export type ClientName = 'floor' | 'darkroom' | 'genai' | 'naive';

const MODEL = 'gemini-3.1-flash-image-preview';
const PATH = `/v1beta/models/${MODEL}:streamGenerateContent?alt=sse&key=k`;
const BODY = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'a red fox' }] }] });

/** Each loads only what it needs: the memory of the others must not count for it. */
export const CLIENTS: Record<ClientName, (baseUrl: string) => Promise<Client>> = {
  floor: async (baseUrl) => {
    const dispatcher = new Agent({ allowH2: false });
    return {
      picture: async () => {
        let bytes = 0;
        for await (const chunk of await ask(baseUrl, dispatcher)) bytes += chunk.length;
        return bytes;
      },
      close: () => dispatcher.destroy(),
    };
  },

  darkroom: async (baseUrl) => {
    const { createGemini } = await import('../../src/gemini/gemini.ts');
    const { DiskSpool } = await import('../../src/images/spool/spool.ts');
    const directory = await mkdtemp(join(tmpdir(), 'darkroom-bench-'));
    const spool = new DiskSpool({ directory, maxBytes: Number.POSITIVE_INFINITY });
    const gemini = createGemini({
      baseUrl: new URL(baseUrl),
      apiKey: 'k',
      models: { flash: { id: MODEL }, pro: { id: MODEL } },
      spool,
      imageHosts: [],
      log: pino({ level: 'silent' }),
    });
    const wanted = {
      id: 'g',
      model: 'flash',
      prompt: 'a red fox',
      ratio: null,
      size: '4K',
    } as const;
    return {
      picture: async () => {
        const signal = new AbortController().signal;
        for await (const event of gemini.generate({ ...wanted, references: [] }, { signal })) {
          if (event.type !== 'outcome') continue;
          await spool.remove(event.image);
          return event.image.bytes;
        }
        return 0;
      },
      close: async () => {
        await gemini.close();
        await rm(directory, { recursive: true });
      },
    };
  },

  naive: async (baseUrl) => {
    const { createParser } = await import('eventsource-parser');
    const dispatcher = new Agent({ allowH2: false });
    return {
      picture: async () => {
        let bytes = 0;
        const parser = createParser({
          onEvent: ({ data }) => {
            const base64 = JSON.parse(data).candidates?.[0]?.content.parts[0].inlineData?.data;
            if (base64 !== undefined) bytes = Buffer.from(base64, 'base64').length;
          },
        });
        const decoder = new TextDecoder();
        for await (const chunk of await ask(baseUrl, dispatcher)) {
          parser.feed(decoder.decode(chunk, { stream: true }));
        }
        return bytes;
      },
      close: () => dispatcher.destroy(),
    };
  },

  genai: async (baseUrl) => {
    const { GoogleGenAI } = await import('@google/genai');
    const genai = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl } });
    return {
      picture: async () => {
        let bytes = 0;
        const stream = await genai.models.generateContentStream({
          model: MODEL,
          contents: 'a red fox',
        });
        for await (const chunk of stream) {
          const base64 = chunk.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data;
          if (base64 !== undefined) bytes = Buffer.from(base64, 'base64').length;
        }
        return bytes;
      },
      close: async () => {},
    };
  },
};

async function ask(baseUrl: string, dispatcher: Agent): Promise<AsyncIterable<Uint8Array>> {
  const { body } = await request(baseUrl + PATH, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });
  return body;
}
