/** Reads the body of a message: JSON, or multipart with `payload_json` and `files[n]`. */
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { ApiError, apiError } from '../api-error.ts';
import type { Upload } from '../messages.ts';
import type { State } from '../model.ts';
import { attachmentLimit } from '../state.ts';
import { cut } from './call.ts';

/** The JSON part and the files, already stored. */
export interface ReadBody {
  json: unknown;
  uploads: Upload[];
}

/** The edge's answer to a body that is too large; it has no code. */
const HTML_413 =
  '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n' +
  '<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n</body>\r\n</html>\r\n';

/** Thrown where the answer is the edge's page instead of JSON. */
export class HtmlAnswer extends Error {
  readonly status: number;
  readonly html: string;

  constructor(status: number, html: string) {
    super(`HTML ${status}`);
    this.status = status;
    this.html = html;
  }
}

/** Where a message's files belong; what one person alone sees lies in a folder of its own. */
export interface FilePlace {
  channelId: string;
  guildId: string | null;
  isEphemeral?: boolean;
}

/** Throws 413 / 40005 (or the edge's page) over a limit, and 400 for a form that is broken. */
export async function readBody(
  state: State,
  request: FastifyRequest,
  place: FilePlace,
): Promise<ReadBody> {
  if (!request.isMultipart()) return { json: request.body ?? {}, uploads: [] };
  applyUploadFault(request);
  const { json, uploads } = await readParts(state, request, place).catch((error) => {
    // What is left is a form that ends in its middle, or breaks its own rules.
    throw error instanceof ApiError ? error : new ApiError(400, 50_035, 'Invalid Form Body');
  });
  request.call.body = json;
  const limit = attachmentLimit(state, place.guildId);
  const requestLimit = state.settings.requestSizeLimit ?? Number.POSITIVE_INFINITY;
  const whole = Number(request.headers['content-length'] ?? 0);
  const sum = uploads.reduce((bytes, { entry }) => bytes + entry.size, 0);
  const over = uploads.some(({ entry }) => entry.size > limit);
  if (over || Math.max(whole, sum) > requestLimit) {
    await Promise.all(uploads.map(({ entry }) => state.files.discard(entry.id)));
    if (state.settings.html413) throw new HtmlAnswer(413, HTML_413);
    throw apiError('requestTooLarge');
  }
  return { json, uploads };
}

async function readParts(
  state: State,
  request: FastifyRequest,
  { channelId, isEphemeral }: FilePlace,
): Promise<ReadBody> {
  const { call } = request;
  let json: unknown = {};
  const uploads: Upload[] = [];
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      if (part.fieldname === 'payload_json') json = parseJson(part.value);
      continue;
    }
    const entry = await state.files.put({
      name: part.filename || 'unknown',
      contentType: part.mimetype,
      content:
        call.effect?.kind === 'slow-upload'
          ? Readable.from(slowly(part.file, call.effect.bytesPerSecond))
          : part.file,
      folder: `/${isEphemeral ? 'ephemeral-attachments' : 'attachments'}/${channelId}`,
    });
    const index = /^files\[(\d+)\]$/.exec(part.fieldname)?.[1];
    if (index === undefined && part.fieldname !== 'file') {
      call.warnings.push(`the part "${part.fieldname}" is no file that Discord reads`);
      await state.files.discard(entry.id);
      continue;
    }
    uploads.push({ index: index ?? '0', entry });
    call.files.push({
      field: part.fieldname,
      name: entry.name,
      size: entry.size,
      contentType: part.mimetype,
    });
  }
  return { json, uploads };
}

function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw apiError('invalidJson');
  }
}

/** Cuts the connection when so many bytes have come in, where a fault says so. */
function applyUploadFault(request: FastifyRequest): void {
  const { effect } = request.call;
  if (effect?.kind === 'drop' && effect.when === 'mid-upload') {
    let seen = 0;
    request.raw.on('data', (chunk: Buffer) => {
      seen += chunk.length;
      if (seen >= effect.afterBytes) cut(request);
    });
  }
}

/** A file's bytes, no faster than a slow line gives them; what waits here waits in the socket. */
async function* slowly(file: AsyncIterable<Buffer>, bytesPerSecond: number) {
  for await (const chunk of file) {
    await setTimeout((chunk.length / bytesPerSecond) * 1000, undefined, { ref: false });
    yield chunk;
  }
}

/** Reads what is left of a body that nobody wants, so that the client comes to hear the answer. */
export function drain(request: FastifyRequest): Promise<void> {
  const { raw } = request;
  if (raw.readableEnded || raw.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    raw
      .once('end', resolve)
      .once('close', resolve)
      .once('error', () => resolve());
    // A parser that gave up would hold the bytes back for ever.
    raw.unpipe();
    raw.resume();
  });
}

/** The error that Discord gives for a body that is no object. */
export function asObject(json: unknown): Record<string, unknown> {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    return json as Record<string, unknown>;
  }
  throw new ApiError(400, 50_035, 'Invalid Form Body', {
    _errors: [
      { code: 'MODEL_TYPE_CONVERT', message: 'Only dictionaries may be used in a ModelType' },
    ],
  });
}
