import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MODELS, type ModelEntry } from './catalogue.ts';
import { createConcurrentDuplicates } from './concurrent-duplicates.ts';
import { parsePrompt } from './directives.ts';
import { type AnswerForm, answer, attemptKey, type Exchange, sendPlain } from './exchange.ts';
import type { ChunkBytes } from './framing.ts';
import type { PictureFormat } from './picture/geometry.ts';
import { createPainter } from './picture/painter.ts';
import type { RequestRecord } from './record.ts';
import { type ReceivedRequest, readRequest } from './request.ts';
import { googleError, invalidKey, modelNotFound, type PlainAnswer } from './wire-error.ts';

export interface LocalGeminiOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** The only API key that it takes. */
  key?: string;
  /** 1 is a person's pace (about 5 s for 1K), 0 as fast as possible. */
  pace?: number;
  format?: PictureFormat;
  /** Bytes of each write to the socket. */
  chunkBytes?: ChunkBytes;
  /** What a stream without `alt=sse` looks like: Google answers an array, some gateways events. */
  withoutAlt?: 'array' | 'events';
  /** Of a request's body. */
  maxBodyBytes?: number;
  now?: () => number;
}

const DEFAULTS = {
  port: 0,
  key: 'sandbox-gemini-key',
  pace: 0,
  format: 'png',
  chunkBytes: 65_536,
  withoutAlt: 'array',
  maxBodyBytes: 100_000_000,
  now: Date.now,
} as const satisfies Required<LocalGeminiOptions>;

/** Records and published pictures that are kept. */
const KEEP_RECORDS = 10_000;
const KEEP_PICTURES = 8;

export interface LocalGemini {
  /** `http://127.0.0.1:PORT`, as the base address of Google's API. */
  url: string;
  key: string;
  /** Every generation that was asked for, oldest first. */
  requests: readonly RequestRecord[];
  /** A request arrived, or ended. */
  events: EventEmitter<{ started: [RequestRecord]; finished: [RequestRecord] }>;
  controls: {
    pace: number;
    /** Directives for the requests to come, one entry each: `['[[busy]]']` makes the next one fail. */
    nextDirectives: string[];
  };
  close(): Promise<void>;
}

/** Starts a server on loopback that speaks the model's wire, with no model behind it. */
export async function startLocalGemini(options: LocalGeminiOptions = {}): Promise<LocalGemini> {
  const settings = { ...DEFAULTS, ...options };
  const painter = await createPainter();
  const requests: RequestRecord[] = [];
  const events: LocalGemini['events'] = new EventEmitter();
  const controls: LocalGemini['controls'] = { pace: settings.pace, nextDirectives: [] };
  const attempts = new Map<string, number>();
  const duplicates = createConcurrentDuplicates();
  const published = new Map<string, { file: Buffer; type: string }>();
  const closing = new AbortController();
  let counted = 0;

  const tools = {
    painter,
    pace: () => controls.pace,
    format: settings.format,
    chunkBytes: settings.chunkBytes,
    now: settings.now,
    publish: (file: Buffer, format: PictureFormat): string => {
      const path = `/pictures/${randomUUID()}.${format}`;
      published.set(path, { file, type: `image/${format}` });
      for (const oldest of published.keys()) {
        if (published.size <= KEEP_PICTURES) break;
        published.delete(oldest);
      }
      return `${url}${path}`;
    },
  };

  const generate = async (
    call: GenerateCall,
    incoming: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    counted += 1;
    const record = newRecord(counted, call, settings.now());
    requests.push(record);
    if (requests.length > KEEP_RECORDS) requests.shift();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, closing.signal]);
    const exchange = { record, response, signal };
    try {
      const body = await readBody(incoming, settings.maxBodyBytes);
      if (body === null) {
        response.setHeader('Connection', 'close');
        return sendPlain(exchange, googleError(413, 'Request payload size exceeds the limit.'));
      }
      const { request, refusal } = await readRequest(body);
      if (request !== null) note(request, record);
      if (refusal !== null) return sendPlain(exchange, refusal);
      const key = attemptKey(request);
      record.attempt = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, record.attempt);
      events.emit('started', record);
      const parsedPrompt = parsePrompt(
        `${request.prompt} ${controls.nextDirectives.shift() ?? ''}`,
      );
      const duplicate = duplicates.enter(key);
      try {
        await answer(
          { ...exchange, ...call, request, parsedPrompt, duplicate } satisfies Exchange,
          tools,
        );
      } finally {
        duplicates.leave(key, duplicate);
      }
      if (record.outcome === 'sent' && record.pictureSent) attempts.delete(key);
    } catch (error) {
      if (!signal.aborted) {
        record.outcome = 'broken-off';
        response.destroy();
        throw error;
      }
      record.outcome = 'client-gone';
    } finally {
      record.finishedAt = settings.now();
      events.emit('finished', record);
    }
  };

  const server = createServer((incoming, response) => {
    const address = new URL(incoming.url ?? '/', 'http://localhost');
    const picture = published.get(address.pathname);
    if (incoming.method === 'GET' && picture !== undefined) {
      response.writeHead(200, { 'Content-Type': picture.type }).end(picture.file);
      return;
    }
    const routed = route(incoming, address, settings);
    if ('model' in routed) {
      generate(routed, incoming, response).catch((error: unknown) => {
        console.error('The local Gemini failed:', error);
      });
      return;
    }
    // An answer before the body was read would otherwise reset the sender's connection.
    incoming.resume();
    response.writeHead(routed.status, { 'Content-Type': routed.contentType }).end(routed.body);
  });
  server.listen(settings.port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url,
    key: settings.key,
    requests,
    events,
    controls,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Writes down what was asked for, the pictures by their hashes. */
function note({ prompt, ratio, size, references }: ReceivedRequest, record: RequestRecord): void {
  record.prompt = prompt;
  record.ratio = ratio;
  record.size = size;
  record.references = references.map(({ mime, bytes, sha256 }) => ({ mime, bytes, sha256 }));
}

interface GenerateCall {
  model: ModelEntry;
  form: AnswerForm;
}

/** Which generation is asked for, or the answer to anything else. */
function route(
  incoming: IncomingMessage,
  address: URL,
  settings: { key: string; withoutAlt: 'array' | 'events' },
): GenerateCall | PlainAnswer {
  // The documents say v1beta; the official SDK asks for v1 since its third major.
  const match = /^\/v1(?:beta)?\/models(?:\/([^/:]+)(?::(\w+))?)?$/.exec(address.pathname);
  if (match === null) return googleError(404, 'Requested entity was not found.');
  const key = address.searchParams.get('key') ?? incoming.headers['x-goog-api-key'];
  if (key === undefined) {
    return googleError(403, "Method doesn't allow unregistered callers. Please use an API key.");
  }
  if (key !== settings.key) return invalidKey();
  const [, id, method] = match;
  if (id === undefined) return json({ models: MODELS.map(describe) });
  const model = MODELS.find((entry) => entry.id === id);
  if (model === undefined) return modelNotFound(id);
  if (method === undefined) return json(describe(model));
  if (incoming.method !== 'POST') return googleError(405, 'The method is not allowed.');
  if (method === 'generateContent') return { model, form: 'object' };
  if (method !== 'streamGenerateContent') return modelNotFound(id);
  const alt = address.searchParams.get('alt');
  if (alt === 'sse') return { model, form: 'events' };
  return { model, form: alt === null ? settings.withoutAlt : 'array' };
}

function describe({ id, displayName }: ModelEntry): object {
  return {
    name: `models/${id}`,
    displayName,
    supportedGenerationMethods: ['generateContent', 'streamGenerateContent'],
  };
}

function json(value: object): PlainAnswer {
  const contentType = 'application/json; charset=UTF-8';
  return { status: 200, contentType, body: JSON.stringify(value, null, 2), headers: {} };
}

function newRecord(id: number, { model, form }: GenerateCall, startedAt: number): RequestRecord {
  return {
    id,
    model: model.id,
    method: form === 'object' ? 'generateContent' : 'streamGenerateContent',
    ratio: null,
    size: null,
    prompt: '',
    references: [],
    attempt: 1,
    startedAt,
    finishedAt: null,
    status: null,
    bytesWritten: 0,
    pictureSent: false,
    outcome: 'open',
  };
}

/** The whole body, or null when it is longer than the bound; the rest is then thrown away. */
async function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > maxBytes ? null : Buffer.concat(chunks, bytes);
}
