import { createReadStream } from 'node:fs';
import { type Dispatcher, errors, request } from 'undici';
import { Failure, type ImageFile, type Reference, type ReferenceMime } from '../domain.ts';
import { isAllowedUrl } from './hosts.ts';
import type { Spool, SpoolFile } from './spool.ts';

export interface ReferenceDeps {
  spool: Spool;
  dispatcher: Dispatcher;
  /** See `isAllowedUrl`. */
  hosts: readonly string[];
  /** Bytes that one reference may have, before and after a conversion. */
  maxBytes: number;
  /** A new address for a file whose own is no longer good; null where there is none. */
  renewUrl?: (reference: Reference) => Promise<string | null>;
}

/** A reference on disk, of a type that the model takes. */
export type ReadyReference = ImageFile & { mime: ReferenceMime };

const TAKEN_BY_MODEL: ReadonlySet<string> = new Set<ReferenceMime>([
  'image/jpeg',
  'image/png',
  'image/webp',
]);

const DEFAULTS = {
  attempts: 3,
  idleTimeoutMs: 20_000,
  /** A picture of more pixels than this is not decoded (a bomb of a few KB can claim billions). */
  maxPixels: 100_000_000,
} as const;

/**
 * Fetches a reference into the spool and makes it something that the model takes: the bytes as
 * they are when they are JPEG, PNG or WebP (told from the bytes, not from a header), converted
 * otherwise. Redirects are not followed: the allowed host is the one that answers. One of our own
 * pictures is taken as it was made, while that is on disk.
 *
 * @throws Failure `reference` with the file's name and the problem, or `no_space`.
 */
export async function fetchReference(
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
  signal: AbortSignal,
): Promise<ReadyReference> {
  if (reference.bytes > deps.maxBytes) throw problem(reference, 'too_large', 'over the limit');
  const kept = await copyKept(reference, owner, deps.spool);
  const file = kept ?? (await fetchFile(reference, owner, deps, signal));
  if (isTaken(file)) return file;
  try {
    return await convert(file, reference, owner, deps);
  } finally {
    await deps.spool.remove(file);
  }
}

/** The original of one of our own pictures, where it is still on disk. */
async function copyKept(
  { generationId }: Reference,
  owner: string,
  spool: Spool,
): Promise<ImageFile | null> {
  if (generationId === undefined) return null;
  const stored = (await spool.find(generationId)).filter(({ role }) => role === 'image').at(-1);
  if (stored === undefined) return null;
  const copy = spool.open(owner);
  try {
    for await (const chunk of createReadStream(stored.image.path)) await copy.write(chunk);
    return await copy.finish('reference');
  } catch {
    // The broom may take it in the middle; Discord's copy is as good as it gets then.
    await copy.discard();
    return null;
  }
}

async function fetchFile(
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
  signal: AbortSignal,
): Promise<ImageFile> {
  const isOver = reference.url === '' || isExpired(reference.url);
  const url = parseUrl((isOver ? await deps.renewUrl?.(reference) : null) ?? reference.url);
  if (url === null || !isAllowedUrl(url, deps.hosts)) {
    throw problem(reference, 'host', 'its host is not in ATTACHMENT_HOSTS');
  }
  return await download(url, reference, owner, deps, signal);
}

/** Whether a signed address of Discord's says that its time is over (`ex`, seconds in hexadecimal). */
export function isExpired(address: string, now = Date.now()): boolean {
  const expires = parseUrl(address)?.searchParams.get('ex');
  if (expires == null || !/^[0-9a-f]{1,10}$/i.test(expires)) return false;
  return Number.parseInt(expires, 16) * 1_000 <= now;
}

async function download(
  url: URL,
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
  signal: AbortSignal,
): Promise<ImageFile> {
  for (let attempt = 1; ; attempt++) {
    const file = deps.spool.open(owner);
    try {
      await readInto(file, url, reference, deps, signal);
    } catch (error) {
      await file.discard();
      if (signal.aborted || error instanceof Failure) throw error;
      if (attempt < DEFAULTS.attempts && isPassing(error)) continue;
      throw problem(reference, 'unreachable', describe(error));
    }
    return await file.finish('reference').catch((error: unknown) => {
      if (!(error instanceof Failure) || error.kind !== 'bad_answer') throw error;
      throw problem(reference, 'not_a_picture', 'its bytes are no picture');
    });
  }
}

async function readInto(
  file: SpoolFile,
  url: URL,
  reference: Reference,
  deps: ReferenceDeps,
  signal: AbortSignal,
): Promise<void> {
  const answer = await request(url, {
    dispatcher: deps.dispatcher,
    signal,
    headersTimeout: DEFAULTS.idleTimeoutMs,
    bodyTimeout: DEFAULTS.idleTimeoutMs,
  });
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw new UnexpectedStatus(answer.statusCode);
  }
  let bytes = 0;
  for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    // Leaving the loop destroys the socket, so an endless body costs no more than the bound.
    if (bytes > deps.maxBytes) throw problem(reference, 'too_large', 'over the limit');
    await file.write(chunk);
  }
}

/** Makes a JPEG or, where something shines through, a PNG of anything else that sharp can read. */
async function convert(
  file: ImageFile,
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
): Promise<ReadyReference> {
  const output = deps.spool.open(owner);
  try {
    // Loaded with the first that needs it: 20 MB, and nearly all references go as they are.
    const { default: sharp } = await import('sharp');
    const source = sharp(file.path, { limitInputPixels: DEFAULTS.maxPixels, failOn: 'error' });
    const { hasAlpha } = await source.metadata();
    const upright = source.autoOrient();
    const encoded = hasAlpha
      ? upright.png()
      : upright.jpeg({ quality: 95, chromaSubsampling: '4:4:4' });
    let bytes = 0;
    for await (const chunk of encoded as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > deps.maxBytes) throw problem(reference, 'too_large', 'over the limit, converted');
      await output.write(chunk);
    }
    const converted = await output.finish('reference');
    if (!isTaken(converted)) throw new Error(`converted to ${converted.mime}`);
    return converted;
  } catch (error) {
    await output.discard();
    if (error instanceof Failure) throw error;
    throw problem(reference, 'unreadable', describe(error));
  }
}

function isTaken(file: ImageFile): file is ReadyReference {
  return TAKEN_BY_MODEL.has(file.mime);
}

class UnexpectedStatus extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`HTTP ${status}`);
    this.status = status;
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof UnexpectedStatus
    ? error.status >= 500 || error.status === 429
    : !(error instanceof errors.InvalidArgumentError);
}

/** The log's words for a fault; an address with its signature is not among them. */
function describe(error: unknown): string {
  if (error instanceof UnexpectedStatus) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}

function problem(reference: Reference, problem: string, message: string): Failure {
  return new Failure('reference', `reference ${problem}: ${message}`, {
    details: { file: reference.name, problem },
  });
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
