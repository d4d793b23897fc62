import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReferenceFile } from '../../src/gemini/model-events.ts';
import { buildRequest } from '../../src/gemini/request.ts';
import { REQUEST, startClient } from './support/client.ts';
import { type Answerer, startModelServer, stream } from './support/model-server.ts';
import { noise, png } from './support/pictures.ts';
import { ended, event, FOX, OWL, seedStream } from './support/wire-shapes.ts';

const good = stream(seedStream(event));
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-request-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function reference(bytes: Buffer, mime: ReferenceFile['mime']): Promise<ReferenceFile> {
  const path = join(folder, `${bytes.length}`);
  await writeFile(path, bytes);
  return { path, bytes: bytes.length, mime };
}

async function withClient(
  answer: Answerer,
  run: (client: Awaited<ReturnType<typeof startClient>>) => Promise<void>,
): Promise<void> {
  const client = await startClient(answer);
  try {
    await run(client);
  } finally {
    await client.close();
  }
}

describe('the request', () => {
  it('is that of the provider’s document for a text', async () => {
    await withClient(good, async ({ generate, server }) => {
      await generate({ model: 'pro', prompt: 'a "fox"\n😀' });
      const [request] = server.requests;
      expect(request?.method).toBe('POST');
      expect(request?.url).toBe(
        '/v1beta/models/pro-id:streamGenerateContent?alt=sse&key=the-secret%26key',
      );
      expect(request?.headers['content-type']).toBe('application/json');
      expect(JSON.parse(String(request?.body))).toEqual({
        contents: [{ role: 'user', parts: [{ text: 'a "fox"\n😀' }] }],
        generationConfig: {
          responseModalities: ['TEXT', 'IMAGE'],
          imageConfig: { aspectRatio: '16:9', imageSize: '1K' },
        },
      });
    });
  });

  it('carries references from disk as inline_data, of a length known beforehand, anew for each attempt', async () => {
    const pictures = [png({ bytes: 700_001 }), noise(196_608, 2), noise(1, 3), noise(196_607, 4)];
    const references = [
      await reference(pictures[0] ?? FOX, 'image/png'),
      await reference(pictures[1] ?? FOX, 'image/jpeg'),
      await reference(pictures[2] ?? FOX, 'image/webp'),
      await reference(pictures[3] ?? FOX, 'image/png'),
    ];
    const busyOnce: Answerer = (response, request, attempt) =>
      attempt === 1 ? response.writeHead(503).end() : good(response, request, attempt);
    await withClient(busyOnce, async ({ generate, server }) => {
      expect((await generate({ references, ratio: null })).outcome).not.toBeNull();
      expect(server.requests).toHaveLength(2);
      for (const { body, headers } of server.requests) {
        expect(headers['content-length']).toBe(String(body.length));
        expect(headers['transfer-encoding']).toBeUndefined();
        const { contents, generationConfig } = JSON.parse(String(body));
        expect(generationConfig.imageConfig).toEqual({ imageSize: '1K' });
        expect(contents[0].parts).toEqual([
          { text: 'a red fox' },
          ...pictures.map((picture, index) => ({
            inline_data: { mime_type: references[index]?.mime, data: picture.toString('base64') },
          })),
        ]);
      }
    });
  });

  it('goes to Google with the key in a header, and asks for thoughts there', async () => {
    const target = {
      apiKey: 'k',
      modelId: 'm',
      baseUrl: new URL('https://generativelanguage.googleapis.com'),
    };
    const google = buildRequest({ ...REQUEST, references: [] }, target);
    expect(google.path).toBe('/v1beta/models/m:streamGenerateContent?alt=sse');
    expect(google.headers['x-goog-api-key']).toBe('k');
    const chunks: Buffer[] = [];
    for await (const chunk of google.body()) chunks.push(chunk);
    const { generationConfig } = JSON.parse(String(Buffer.concat(chunks)));
    expect(generationConfig.thinkingConfig).toEqual({ includeThoughts: true });
    const behindFolder = buildRequest(
      { ...REQUEST, references: [] },
      { ...target, baseUrl: new URL('http://h:1/a/') },
    );
    expect(behindFolder.path).toBe('/a/v1beta/models/m:streamGenerateContent?alt=sse&key=k');
    expect(behindFolder.origin).toBe('http://h:1');
  });

  it('fails clearly when a reference on disk became shorter', async () => {
    const file = await reference(noise(500_000, 5), 'image/png');
    await truncate(file.path, 400_000);
    await withClient(good, async ({ generate }) => {
      expect((await generate({ references: [file] })).failure?.kind).toBe('internal');
    });
  });

  it('hears an answer that comes before the body is through', async () => {
    const refusing = await startModelServer(() => {});
    await refusing.close();
    const file = await reference(noise(5_000_000, 6), 'image/png');
    await withClient(
      (response) =>
        response.writeHead(413, { connection: 'close' }).end('{"error":{"message":"too big"}}'),
      async ({ generate }) => {
        const { failure } = await generate({ references: [file] });
        expect(failure).toMatchObject({ kind: 'rejected', details: { words: 'too big' } });
      },
    );
  });
});

describe('the answer', () => {
  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)('is read also when a proxy compressed it (%s)', async (encoding, compress) => {
    const answer: Answerer = (response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress(seedStream(event)));
    await withClient(answer, async ({ generate }) => {
      const { outcome } = await generate();
      expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
    });
  });

  it('that is compressed and damaged is a failure', async () => {
    const answer: Answerer = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip at all');
    await withClient(answer, async ({ generate }) => {
      expect((await generate()).failure?.kind).toBe('bad_answer');
    });
  });
});

describe('a picture given by address', () => {
  const pointing =
    (path: string): Answerer =>
    (response, request, attempt) => {
      const url = `http://${request.headers.host}${path}`;
      return stream(event(ended('STOP', { inlineData: { data: url } })))(
        response,
        request,
        attempt,
      );
    };
  const routed =
    (path: string, files: Record<string, Answerer>): Answerer =>
    (response, request, attempt) =>
      (files[request.url] ?? pointing(path))(response, request, attempt);

  it('is fetched from a host that is named', async () => {
    const fox: Answerer = (response) => response.writeHead(200).end(FOX);
    await withClient(routed('/fox.png', { '/fox.png': fox }), async ({ generate, files }) => {
      const { outcome, types } = await generate();
      expect(types).toEqual(['attempt', 'image', 'outcome']);
      expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
      expect(await files()).toHaveLength(1);
    });
  });

  it('is fetched also when it is only linked in the text, and else left as words', async () => {
    const fox: Answerer = (response) => response.writeHead(200).end(FOX);
    const linking =
      (host: (own: string) => string): Answerer =>
      (response, request, attempt) => {
        if (request.url === '/fox.png') return fox(response, request, attempt);
        const text = `Here: ![fox](http://${host(request.headers.host ?? '')}/fox.png)`;
        return stream(event(ended('STOP', { text })))(response, request, attempt);
      };
    await withClient(
      linking((own) => own),
      async ({ generate }) => {
        const { outcome } = await generate();
        expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
      },
    );
    await withClient(
      linking(() => 'elsewhere.example'),
      async ({ generate }) => {
        const { failure } = await generate();
        expect(failure?.kind).toBe('no_image');
        expect(failure?.details.words).toContain('elsewhere.example');
      },
    );
  });

  it('is fetched from a host that compresses it', async () => {
    const zipped: Answerer = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(FOX));
    await withClient(routed('/fox.png', { '/fox.png': zipped }), async ({ generate }) => {
      const { outcome } = await generate();
      expect(await readFile(outcome?.image.path ?? '')).toEqual(FOX);
    });
  });

  it('is tried once more when its host stumbles', async () => {
    let tries = 0;
    const shaky: Answerer = (response) => {
      tries += 1;
      return response.writeHead(tries === 1 ? 502 : 200).end(OWL);
    };
    await withClient(routed('/owl.jpg', { '/owl.jpg': shaky }), async ({ generate }) => {
      const { outcome } = await generate();
      expect(outcome?.image.mime).toBe('image/jpeg');
    });
  });

  it.each([
    ['a redirect', (response) => response.writeHead(302, { location: '/fox.png' }).end()],
    ['an error page', (response) => response.writeHead(404).end('<html>')],
    ['what is no picture', (response) => response.writeHead(200).end('<html>')],
    ['too many bytes', (response) => response.writeHead(200).end(noise(400_000, 9))],
  ] as [string, Answerer][])('is a bad answer when it brings %s', async (_, file) => {
    const server = routed('/x', { '/x': file, '/fox.png': (response) => response.end(FOX) });
    const client = await startClient(server, { limits: { pictureBytes: 300_000 } });
    const { failure } = await client.generate();
    expect(failure?.kind).toBe('bad_answer');
    expect(client.server.requests.filter(({ url }) => url.includes('streamGenerate'))).toHaveLength(
      1,
    );
    expect(await client.files()).toEqual([]);
    await client.close();
  });

  it('is given up as a whole when it comes a byte at a time, and asked for once', async () => {
    let asked = 0;
    const dripping: Answerer = (response) => {
      asked += 1;
      response.writeHead(200);
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    const limits = { idleTimeoutMs: 10_000, fetchTimeoutMs: 300 };
    const client = await startClient(routed('/owl.jpg', { '/owl.jpg': dripping }), { limits });
    const { failure } = await client.generate();
    expect(failure).toMatchObject({ kind: 'bad_answer', details: { problem: 'image_fetch' } });
    expect(asked).toBe(1);
    expect(await client.files()).toEqual([]);
    await client.close();
  });

  it('says nothing of the model’s own connection where its host’s is not trusted', async () => {
    const linking: Answerer = (response, request, attempt) => {
      const fileUri = `https://${request.headers.host}/fox.png`;
      return stream(event(ended('STOP', { fileData: { fileUri } })))(response, request, attempt);
    };
    await withClient(linking, async ({ generate }) => {
      expect((await generate()).failure).toMatchObject({
        kind: 'bad_answer',
        details: { problem: 'image_fetch' },
      });
    });
  });

  it('is refused from any other host, and nothing is asked of it', async () => {
    const other = await startModelServer((response) => response.end(FOX));
    const source = new URL('/fox.png', other.baseUrl).href.replace('127.0.0.1', 'localhost');
    await withClient(
      stream(event(ended('STOP', { fileData: { fileUri: source } }))),
      async ({ generate }) => {
        const { failure } = await generate();
        expect(failure).toMatchObject({ kind: 'bad_answer', details: { problem: 'image_host' } });
        expect(other.requests).toEqual([]);
      },
    );
    await other.close();
  });
});
