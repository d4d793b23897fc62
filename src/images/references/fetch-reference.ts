import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import {
  Failure,
  type ImageFile,
  type PictureReference,
  type Problem,
  type Reference,
  type ReferenceMime,
} from '../../domain.ts';
import type { Fitter } from '../fit/fitter.ts';
import { fileSource } from '../header/byte-source.ts';
import { readHeader } from '../header/read-header.ts';
import { type PictureProcess, PictureProcessEnded } from '../process-client/client.ts';
import { isCompleteImage } from '../spool/truncation.ts';
import { type Download, downloadReference, problem } from './download.ts';

/** `maxBytes` is what one reference may have, before and after a conversion. */
export interface ReferenceDeps extends Omit<Download, 'reference' | 'owner' | 'signal'> {
  fitter: Pick<Fitter, 'fit'>;
  convert: PictureProcess['convert'];
}

/** One reference that is made ready. */
interface Task extends ReferenceDeps, Download {
  /** What the file may have that goes as it is. */
  limitBytes: number;
  /** What a file may have that is made here, beside the other references of the request. */
  madeBytes: number;
}

/** A reference on disk, of a type that the model takes. */
export type ReadyReference = ImageFile & { mime: ReferenceMime };

const TAKEN_BY_MODEL: ReadonlySet<string> = new Set<ReferenceMime>([
  'image/jpeg',
  'image/png',
  'image/webp',
]);

/** Types that are known and not read; `details.problem` has a sentence for each. */
const UNREADABLE_TYPES: Readonly<Record<string, Problem<'reference'>>> = {
  'image/heic': 'heic',
  'image/avif-sequence': 'animated_avif',
  'image/bigtiff': 'big_tiff',
};

/** What the picture process says of a file, as far as there is a sentence for it. */
const CONVERSION_PROBLEMS = ['heic', 'too_many_pixels', 'too_large'] as const;

/** Our own pictures are made smaller where they must be, so that more of them may be fetched. */
const OWN_MAX_BYTES = 100_000_000;

/**
 * Fetches a reference into the spool and makes it something that the model takes: the bytes as
 * they are when they are a JPEG, PNG or WebP (told from the bytes, not from a header) of one frame
 * whose stored pixels are upright; converted otherwise, by the picture process.
 *
 * One of our own pictures is taken as it was made, while that is on disk and there is room for it;
 * as Discord has it otherwise; and re-encoded where that is too large as well.
 *
 * @param roomBytes What one of our own pictures, or a converted one, may have here.
 * @throws Failure `reference` with the file's name and the problem, or `no_space`.
 */
export async function fetchReference(
  reference: Reference,
  owner: string,
  deps: ReferenceDeps,
  roomBytes: number,
  signal: AbortSignal,
): Promise<ReadyReference> {
  const { maxBytes, spool } = deps;
  const madeBytes = Math.min(roomBytes, maxBytes);
  const isOwn = reference.kind === 'picture';
  if (!isOwn && (reference.bytes ?? 0) > maxBytes) {
    throw problem(reference, 'too_large', 'over the limit');
  }
  const limitBytes = isOwn ? madeBytes : maxBytes;
  const task: Task = { ...deps, reference, owner, signal, limitBytes, madeBytes };
  const file = await (isOwn ? fetchOwn(reference, task) : downloadReference(task));
  let ready: ReadyReference | null = null;
  try {
    ready = await makeReady(file, task);
    return ready;
  } finally {
    if (ready !== file) await spool.remove(file);
  }
}

/** One of our own pictures, in the best version that does not have to be made smaller. */
async function fetchOwn(reference: PictureReference, task: Task): Promise<ImageFile> {
  const { spool, limitBytes, signal } = task;
  const download = () => downloadReference({ ...task, maxBytes: OWN_MAX_BYTES });
  const original = await spool.findWhole(reference.generationId);
  if (original === null) return await download();
  const isBest = original.bytes <= limitBytes || (reference.bytes ?? 0) > limitBytes;
  if (isBest) return (await copyOf(original, task)) ?? (await download());
  try {
    return await download();
  } catch (error) {
    const copy = signal.aborted ? null : await copyOf(original, task);
    if (copy === null) throw error;
    return copy;
  }
}

/** A copy that is ours to remove; null where housekeeping or a delivery was faster. */
async function copyOf({ path }: ImageFile, { owner, spool }: Task): Promise<ImageFile | null> {
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
async function makeReady(file: ImageFile, task: Task): Promise<ReadyReference> {
  const { reference, limitBytes } = task;
  const unread = UNREADABLE_TYPES[file.mime];
  if (unread !== undefined) throw problem(reference, unread, `a file of ${file.mime}`);
  if (!(await isCompleteImage(file))) throw problem(reference, 'broken_off', 'its end is missing');
  if (file.bytes > limitBytes) return await shrink(file, task);
  if (!isTaken(file)) return await convert(file, null, task);
  const header = await headerOf(file);
  // Only the decoder will get to the end of it, and to an orientation that may stand there.
  if (header === 'too_long') return await convert(file, null, task);
  if (header.orientation === 1 && !header.isAnimated) return file;
  return await convert(file, header.orientation, task);
}

/** The header as the model's decoder will find it, which applies no orientation. */
async function headerOf({ path, mime }: ImageFile) {
  const file = await open(path, 'r');
  try {
    return (await readHeader(mime, fileSource(file))) ?? { orientation: 1, isAnimated: false };
  } finally {
    await file.close();
  }
}

/** Encodes one of our own pictures anew, so that it fits. */
async function shrink(file: ImageFile, task: Task): Promise<ReadyReference> {
  try {
    const { image } = await task.fitter.fit(file, { ...task, purpose: 'reference' });
    return (await task.spool.assign(image, 'reference')) as ReadyReference;
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'bad_answer') throw error;
    const isTooMuch = error.details.problem === 'cannot_fit';
    throw problem(task.reference, isTooMuch ? 'too_large_together' : 'unreadable', error.message);
  }
}

/**
 * Has a JPEG or PNG made of a file. A file that ended the process which decodes is refused like
 * one that cannot be read: nothing decodes it again.
 *
 * @param orientation As its header has it; null where the decoder is to find it.
 */
async function convert(
  { path }: ImageFile,
  orientation: number | null,
  { spool, owner, signal, madeBytes: limitBytes, reference, convert }: Task,
): Promise<ReadyReference> {
  const [made, between] = [spool.open(owner), spool.open(owner)];
  try {
    await between.fill((scratch) =>
      made.fill((output) => convert({ path, orientation, limitBytes, output, scratch }, signal)),
    );
    await between.discard();
    const converted = await made.finish('reference');
    if (!isTaken(converted)) throw new Failure('internal', `converted to ${converted.mime}`);
    return converted;
  } catch (error) {
    await Promise.all([made.discard(), between.discard()]);
    signal.throwIfAborted();
    throw refusalOf(error, reference);
  }
}

/** What the person reads of a conversion that failed. */
function refusalOf(error: unknown, reference: Reference): unknown {
  if (error instanceof PictureProcessEnded) {
    const isTooMuch = error.reason === 'memory';
    return problem(reference, isTooMuch ? 'too_many_pixels' : 'undecodable', error.message);
  }
  if (!(error instanceof Failure) || error.kind !== 'bad_answer') return error;
  const known = CONVERSION_PROBLEMS.find((found) => found === error.details.problem);
  return problem(reference, known ?? 'unreadable', error.message);
}

function isTaken(file: ImageFile): file is ReadyReference {
  return TAKEN_BY_MODEL.has(file.mime);
}
