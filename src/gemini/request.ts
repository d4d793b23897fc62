import { open } from 'node:fs/promises';
import { Failure } from '../domain.ts';
import type { ModelRequest, ReferenceFile } from './model-events.ts';

/** Google's own service takes the key as a header and shows thoughts only when asked to. */
const GOOGLE_HOST = 'generativelanguage.googleapis.com';

/** Bytes of a reference that are encoded at a time; a multiple of 3, so that blocks join. */
const BLOCK_BYTES = 196_608;

/** One HTTP request, ready to be sent any number of times. */
export interface WireRequest {
  origin: string;
  /** Holds the key when the provider is not Google: never to be logged. */
  path: string;
  headers: Record<string, string>;
  /** The body, read anew from disk by each iteration. */
  body: () => AsyncGenerator<Buffer, void>;
}

/**
 * The request of the provider's documents: text first, then each reference as `inline_data`.
 * Memory stays flat whatever the references weigh; their sizes must not change until it is sent.
 */
export function buildRequest(
  request: ModelRequest,
  target: { baseUrl: URL; apiKey: string; modelId: string },
): WireRequest {
  const { baseUrl, apiKey } = target;
  const isGoogle = baseUrl.hostname === GOOGLE_HOST;
  const folder = baseUrl.pathname.replace(/\/+$/, '');
  const model = encodeURIComponent(target.modelId);
  const query = isGoogle ? 'alt=sse' : `alt=sse&key=${encodeURIComponent(apiKey)}`;
  const pieces = bodyPieces(request, isGoogle);
  const contentLength = pieces.reduce((sum, piece) => sum + pieceLength(piece), 0);
  return {
    origin: baseUrl.origin,
    path: `${folder}/v1beta/models/${model}:streamGenerateContent?${query}`,
    headers: {
      'content-type': 'application/json',
      'content-length': String(contentLength),
      accept: 'text/event-stream',
      ...(isGoogle ? { 'x-goog-api-key': apiKey } : {}),
    },
    body: () => encodePieces(pieces),
  };
}

/** JSON as it is, or a file that goes out as base64. */
type Piece = Buffer | ReferenceFile;

function bodyPieces(request: ModelRequest, isGoogle: boolean): Piece[] {
  const text = JSON.stringify({ text: request.prompt });
  const pieces: Piece[] = [Buffer.from(`{"contents":[{"role":"user","parts":[${text}`)];
  for (const reference of request.references) {
    const mime = JSON.stringify(reference.mime);
    pieces.push(
      Buffer.from(`,{"inline_data":{"mime_type":${mime},"data":"`),
      reference,
      Buffer.from('"}}'),
    );
  }
  const generationConfig = {
    responseModalities: ['TEXT', 'IMAGE'],
    imageConfig: {
      ...(request.ratio === null ? {} : { aspectRatio: request.ratio }),
      imageSize: request.size,
    },
    ...(isGoogle ? { thinkingConfig: { includeThoughts: true } } : {}),
  };
  pieces.push(Buffer.from(`]}],"generationConfig":${JSON.stringify(generationConfig)}}`));
  return pieces;
}

function pieceLength(piece: Piece): number {
  return Buffer.isBuffer(piece) ? piece.length : Math.ceil(piece.bytes / 3) * 4;
}

async function* encodePieces(pieces: Piece[]): AsyncGenerator<Buffer, void> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else yield* encodeFile(piece);
  }
}

async function* encodeFile(file: ReferenceFile): AsyncGenerator<Buffer, void> {
  const handle = await open(file.path, 'r');
  try {
    const block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, Math.max(file.bytes, 1)));
    let left = file.bytes;
    while (left > 0) {
      const wanted = Math.min(block.length, left);
      const filled = await fill(handle, block, wanted);
      if (filled < wanted) throw new Failure('internal', 'a reference on disk became shorter');
      left -= wanted;
      yield Buffer.from(block.toString('base64', 0, wanted), 'latin1');
    }
  } finally {
    await handle.close();
  }
}

/** Reads until the block is full: a short read in mid-file would put padding between blocks. */
async function fill(
  handle: Awaited<ReturnType<typeof open>>,
  block: Buffer,
  wanted: number,
): Promise<number> {
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await handle.read(block, filled, wanted - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
