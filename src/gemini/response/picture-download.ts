import { type Dispatcher, request } from 'undici';
import { Failure, type ImageFile } from '../../domain.ts';
import { isAllowedUrl } from '../../images/references/allowed-hosts.ts';
import type { Spool } from '../../images/spool/spool.ts';
import { classifyTransportError, type Redact } from '../errors/classify.ts';
import { type GeminiLimits, overLimit } from '../limits.ts';
import { chunksOf } from '../stream/body.ts';
import { plainBody } from '../stream/content-encoding.ts';

export interface FetchPictureDeps {
  dispatcher: Dispatcher;
  spool: Spool;
  owner: string;
  /** Hosts that a model may name; see `isAllowedUrl`. */
  imageHosts: readonly string[];
  limits: GeminiLimits;
  signal: AbortSignal;
  redact: Redact;
}

/** The picture is made and paid for by then, so a passing fault of its host gets a second try. */
const TRIES = 2;

/**
 * Fetches a picture that the model gave by address: from named hosts only, without following
 * redirects, within the bounds of a picture and of `fetchTimeoutMs`. Throws `Failure`: `bad_answer` (details.problem
 * `image_host` or `image_fetch`), `no_space`, or the signal's reason.
 */
export async function fetchPicture(
  address: string,
  role: 'image' | 'draft',
  deps: FetchPictureDeps,
): Promise<ImageFile> {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !isAllowedUrl(url, deps.imageHosts)) {
    throw new Failure('bad_answer', 'the model gave an address outside MODEL_IMAGE_HOSTS', {
      details: { problem: 'image_host', ...(url === null ? {} : { reason: url.host }) },
    });
  }
  // A host that sends a byte now and then is never silent, and never done.
  const deadline = AbortSignal.timeout(deps.limits.fetchTimeoutMs);
  const signal = AbortSignal.any([deps.signal, deadline]);
  for (let attempt = 1; ; attempt++) {
    try {
      return await download(url, role, { ...deps, signal });
    } catch (error) {
      deps.signal.throwIfAborted();
      if (deadline.aborted) throw unreachable(undefined);
      const failure = classifyTransportError(error, true, deps.redact);
      const isPassing = failure.kind === 'cut' || failure.details.problem === 'image_fetch';
      if (isPassing && attempt < TRIES) continue;
      // Nothing that would say of the model's service what is true of the picture's host alone.
      throw failure.kind === 'cut' || failure.kind === 'timeout' ? unreachable(undefined) : failure;
    }
  }
}

async function download(url: URL, role: 'image' | 'draft', deps: FetchPictureDeps) {
  const { limits } = deps;
  const file = deps.spool.open(deps.owner);
  try {
    const answer = await request(url, {
      dispatcher: deps.dispatcher,
      signal: deps.signal,
      headersTimeout: limits.idleTimeoutMs,
      bodyTimeout: limits.idleTimeoutMs,
    });
    const body = plainBody(answer.body, String(answer.headers['content-encoding'] ?? ''));
    if (answer.statusCode !== 200) {
      body.destroy();
      throw unreachable(answer.statusCode);
    }
    for await (const chunk of chunksOf(body)) {
      if (file.bytes + chunk.length > limits.pictureBytes) {
        throw overLimit(`a picture is larger than ${limits.pictureBytes} bytes`);
      }
      await file.write(chunk);
    }
    return await file.finish(role);
  } catch (error) {
    await file.discard();
    throw error;
  }
}

function unreachable(status: number | undefined): Failure {
  return new Failure('bad_answer', 'the picture could not be fetched from its address', {
    details: { problem: 'image_fetch', ...(status === undefined ? {} : { status }) },
  });
}
