import { type Dispatcher, errors, request } from 'undici';
import {
  Failure,
  type ImageFile,
  type PictureReference,
  type Problem,
  type Reference,
} from '../../domain.ts';
import { looksLikeSvg } from '../header/image-type.ts';
import type { Spool, SpoolFile } from '../spool/spool.ts';
import { isAllowedUrl } from './allowed-hosts.ts';

/** One reference that is fetched: for whom, with what, within which bounds. */
export interface Download {
  reference: Reference;
  owner: string;
  signal: AbortSignal;
  spool: Spool;
  dispatcher: Dispatcher;
  /** See `isAllowedUrl`. */
  hosts: readonly string[];
  /** Bytes that are taken at most. */
  maxBytes: number;
  /** A new address for a picture of ours whose own is no longer good; null where there is none. */
  renewUrl?: (reference: PictureReference) => Promise<string | null>;
  /** Other times than the defaults, for tests. */
  times?: Partial<typeof DEFAULTS>;
}

const DEFAULTS = {
  attempts: 3,
  /** Between two pieces of it. */
  idleTimeoutMs: 20_000,
  /** All attempts together: 20 MB at a tenth of a poor line's speed. */
  wholeTimeoutMs: 120_000,
} satisfies Record<string, number>;

/** Enough of an SVG to know it by. */
const HEAD_BYTES = 1_024;

/**
 * Fetches a reference into the spool as it is: by its address, or by a new one where that is over.
 * Redirects are not followed: the allowed host is the one that answers.
 *
 * @throws Failure `reference` with the file's name and the problem, or `no_space`.
 */
export async function downloadReference(download: Download): Promise<ImageFile> {
  const { reference, hosts, renewUrl } = download;
  const isOver = reference.url === null || isExpired(reference.url);
  const isRenewable = isOver && reference.kind === 'picture';
  const address = (isRenewable ? await renewUrl?.(reference) : null) ?? reference.url;
  if (address === null) throw problem(reference, 'unreachable', 'it has no address any more');
  const url = URL.parse(address);
  if (url === null || !isAllowedUrl(url, hosts)) {
    throw problem(reference, 'host', 'its host is not in ATTACHMENT_HOSTS');
  }
  return await fetchFrom(url, download);
}

/** Whether a signed address of Discord's says that its time is over (`ex`, seconds in hexadecimal). */
export function isExpired(address: string, now = Date.now()): boolean {
  const expires = URL.parse(address)?.searchParams.get('ex');
  if (expires == null || !/^[0-9a-f]{1,10}$/i.test(expires)) return false;
  return Number.parseInt(expires, 16) * 1_000 <= now;
}

async function fetchFrom(url: URL, download: Download): Promise<ImageFile> {
  const { reference, signal } = download;
  const { attempts, wholeTimeoutMs } = { ...DEFAULTS, ...download.times };
  // A host that sends a byte now and then is never idle, and never done.
  const deadline = AbortSignal.timeout(wholeTimeoutMs);
  const stop = AbortSignal.any([signal, deadline]);
  for (let attempt = 1; ; attempt++) {
    const file = download.spool.open(download.owner);
    let head: Buffer;
    try {
      head = await readInto(file, url, download, stop);
    } catch (error) {
      await file.discard();
      if (signal.aborted || error instanceof Failure) throw error;
      if (deadline.aborted) throw problem(reference, 'unreachable', 'it took too long');
      if (attempt < attempts && !(error instanceof errors.InvalidArgumentError)) continue;
      throw problem(reference, 'unreachable', describe(error));
    }
    return await file.finish('reference').catch((error: unknown) => {
      if (!(error instanceof Failure) || error.kind !== 'bad_answer') throw error;
      const found = looksLikeSvg(head) ? 'svg' : 'not_a_picture';
      throw problem(reference, found, 'its bytes are no picture');
    });
  }
}

/** Writes the whole answer into the file; returns its first bytes. */
async function readInto(
  file: SpoolFile,
  url: URL,
  { reference, dispatcher, maxBytes, times }: Download,
  signal: AbortSignal,
): Promise<Buffer> {
  const { idleTimeoutMs } = { ...DEFAULTS, ...times };
  const timeouts = { headersTimeout: idleTimeoutMs, bodyTimeout: idleTimeoutMs };
  const { statusCode, body } = await request(url, { dispatcher, signal, ...timeouts });
  if (statusCode !== 200) {
    await body.dump();
    const message = `HTTP ${statusCode}`;
    if (statusCode >= 500 || statusCode === 429) throw new PassingStatus(message);
    throw problem(reference, 'unreachable', message);
  }
  let bytes = 0;
  let head = Buffer.alloc(0);
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    if (head.length < HEAD_BYTES) {
      head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    }
    bytes += chunk.byteLength;
    // Leaving the loop destroys the socket, so an endless body costs no more than the bound.
    if (bytes > maxBytes) throw problem(reference, 'too_large', 'over the limit');
    await file.write(chunk);
  }
  return head;
}

/** A status after which another attempt may go well. */
class PassingStatus extends Error {}

/** The log's words for a fault; an address with its signature is not among them. */
function describe(error: unknown): string {
  if (error instanceof PassingStatus) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}

export function problem(
  reference: Reference,
  problem: Problem<'reference'>,
  message: string,
): Failure {
  return new Failure('reference', `reference ${problem}: ${message}`, {
    details: { file: reference.name, problem },
  });
}
