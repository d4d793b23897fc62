import { createReadStream } from 'node:fs';
import { Failure, type ImageFile, type Reference, type ReferenceMime } from '../domain.ts';
import type { Fitter } from './fit.ts';
import { type DownloadDeps, describe, downloadReference, problem } from './reference-download.ts';
import type { Spool } from './spool.ts';

export interface ReferenceDeps extends DownloadDeps {
  /** Bytes that one reference may have, before and after a conversion. */
  maxBytes: number;
  fitter: Pick<Fitter, 'fit'>;
}

/** A reference on disk, of a type that the model takes. */
export type ReadyReference = ImageFile & { mime: ReferenceMime };

/** One of our own pictures. */
type OwnReference = Reference & { generationId: string };

const TAKEN_BY_MODEL: ReadonlySet<string> = new Set<ReferenceMime>([
  'image/jpeg',
  'image/png',
  'image/webp',
]);

/** For whom a file is, and what it may have at most. */
interface Place {
  owner: string;
  limitBytes: number;
  signal: AbortSignal;
}

const DEFAULTS = {
  /** A picture of more pixels than this is not decoded (a bomb of a few KB can claim billions). */
  maxPixels: 100_000_000,
  /** Our own pictures are made smaller where they must be, so that more of them may be fetched. */
  ownMaxBytes: 100_000_000,
} as const;

/**
 * Fetches a reference into the spool and makes it something that the model takes: the bytes as
 * they are when they are JPEG, PNG or WebP (told from the bytes, not from a header), converted
 * otherwise.
 *
 * One of our own pictures is taken as it was made, while that is on disk and there is room for it;
 * as Discord has it otherwise; and re-encoded where that is too large as well.
 *
 * @param roomBytes What one of our own pictures may have here.
 * @throws Failure `reference` with the file's name and the problem, or `no_space`.
 */
export async function fetchReference(
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
  roomBytes: number,
  signal: AbortSignal,
): Promise<ReadyReference> {
  if (isOwn(reference)) {
    const place = { owner, limitBytes: Math.min(roomBytes, deps.maxBytes), signal };
    return await makeReady(await fetchOwn(reference, place, deps), reference, place, deps);
  }
  if (reference.bytes > deps.maxBytes) throw problem(reference, 'too_large', 'over the limit');
  const file = await downloadReference(reference, owner, deps, signal);
  return await makeReady(file, reference, { owner, limitBytes: deps.maxBytes, signal }, deps);
}

/** One of our own pictures, in the best version that does not have to be made smaller. */
async function fetchOwn(
  reference: OwnReference,
  { owner, limitBytes, signal }: Place,
  deps: ReferenceDeps,
): Promise<ImageFile> {
  const fetchIt = () =>
    downloadReference(reference, owner, { ...deps, maxBytes: DEFAULTS.ownMaxBytes }, signal);
  const original = await deps.spool.findWhole(reference.generationId);
  if (original === null) return await fetchIt();
  const isBest = original.bytes <= limitBytes || reference.bytes > limitBytes;
  if (isBest) return (await copyOf(original, owner, deps.spool)) ?? (await fetchIt());
  try {
    return await fetchIt();
  } catch (error) {
    const copy = signal.aborted ? null : await copyOf(original, owner, deps.spool);
    if (copy === null) throw error;
    return copy;
  }
}

/** A copy that is ours to remove; null where the broom or a delivery was faster. */
async function copyOf({ path }: ImageFile, owner: string, spool: Spool): Promise<ImageFile | null> {
  const copy = spool.open(owner);
  try {
    for await (const chunk of createReadStream(path)) await copy.write(chunk);
    return await copy.finish('reference');
  } catch {
    await copy.discard();
    return null;
  }
}

/** The file itself where it can go as it is, or a new one in its place. */
async function makeReady(
  file: ImageFile,
  reference: Reference,
  place: Place,
  deps: ReferenceDeps,
): Promise<ReadyReference> {
  const isSmall = file.bytes <= place.limitBytes;
  if (isSmall && isTaken(file)) return file;
  try {
    return await (isSmall ? convert : shrink)(file, reference, place, deps);
  } finally {
    await deps.spool.remove(file);
  }
}

/** Encodes one of our own pictures anew, so that it fits. */
async function shrink(
  file: ImageFile,
  reference: Reference,
  { owner, limitBytes, signal }: Place,
  { fitter, spool }: ReferenceDeps,
): Promise<ReadyReference> {
  try {
    const { image } = await fitter.fit(file, owner, limitBytes, signal);
    return (await spool.assign(image, 'reference')) as ReadyReference;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'bad_answer') throw error;
    const isTooMuch = error.details.problem === 'cannot_fit';
    throw problem(reference, isTooMuch ? 'too_large_together' : 'unreadable', error.message);
  }
}

/** Makes a JPEG or, where something shines through, a PNG of anything else that sharp can read. */
async function convert(
  file: ImageFile,
  reference: Reference,
  { owner, limitBytes }: Place,
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
      if (bytes > limitBytes) throw problem(reference, 'too_large', 'over the limit, converted');
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

function isOwn(reference: Reference): reference is OwnReference {
  return reference.generationId !== undefined;
}

function isTaken(file: ImageFile): file is ReadyReference {
  return TAKEN_BY_MODEL.has(file.mime);
}
