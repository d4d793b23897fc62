import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** A file to upload: streamed from disk, or a few kilobytes from memory. */
export type Upload = {
  /** Only `[a-z0-9-]` and a known extension, or the embed's `attachment://` link breaks. */
  name: string;
  mime: string;
} & ({ path: string } | { bytes: Uint8Array<ArrayBuffer> });

/** A request's body with its files, for one attempt. */
export interface MultipartBody {
  headers: Record<'content-type' | 'content-length', string>;
  body: Readable;
  /** Of the files alone. */
  bytes: number;
}

/**
 * A message and its files as Discord takes them, of known length; the files are read from disk
 * while they are sent. Node's own encoding of a FormData rejects somewhere in the dark, for nobody
 * to catch, whenever such a request ends before its body does; this one just ends.
 */
export async function encodeMultipart(
  message: unknown,
  uploads: readonly Upload[],
): Promise<MultipartBody> {
  const boundary = `darkroom-${randomBytes(12).toString('hex')}`;
  const pieces: (Uint8Array | { path: string })[] = [];
  let length = 0;
  let bytes = 0;
  const addText = (text: string) => {
    const piece = Buffer.from(text);
    length += piece.length;
    pieces.push(piece);
  };
  addText(`--${boundary}\r\n${disposition('payload_json')}\r\n\r\n${JSON.stringify(message)}\r\n`);
  for (const [index, upload] of uploads.entries()) {
    const about = `${disposition(`files[${index}]`)}; filename="${upload.name}"`;
    addText(`--${boundary}\r\n${about}\r\nContent-Type: ${upload.mime}\r\n\r\n`);
    const isOnDisk = 'path' in upload;
    const size = isOnDisk ? (await stat(upload.path)).size : upload.bytes.length;
    pieces.push(isOnDisk ? { path: upload.path } : upload.bytes);
    bytes += size;
    length += size;
    addText('\r\n');
  }
  addText(`--${boundary}--\r\n`);
  const body = Readable.from(read(pieces), { objectMode: false });
  // Whoever sends it hears of the end by the request itself.
  body.on('error', () => {});
  return {
    headers: {
      'content-type': `multipart/form-data; boundary=${boundary}`,
      'content-length': String(length),
    },
    body,
    bytes,
  };
}

function disposition(name: string): string {
  return `Content-Disposition: form-data; name="${name}"`;
}

async function* read(pieces: readonly (Uint8Array | { path: string })[]) {
  for (const piece of pieces) {
    if (piece instanceof Uint8Array) yield piece;
    else yield* createReadStream(piece.path);
  }
}
