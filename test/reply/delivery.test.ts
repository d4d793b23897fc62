import { describe, expect, it } from 'vitest';
import { ReplyError, type ReplyErrorKind } from '../../src/discord-http/errors.ts';
import type { Sent } from '../../src/discord-http/rest.ts';
import type { Fitter } from '../../src/images/fit/fitter.ts';
import { type DeliveryDeps, deliverPicture } from '../../src/reply/delivery.ts';
import { pictureUpload } from '../../src/reply/render/picture-file.ts';
import { Wording } from '../../src/reply/wording.ts';
import type { ReplyWriter } from '../../src/reply/writer.ts';
import { english } from '../../src/texts/english.ts';
import { sampleDone, silentLog } from '../support/samples.ts';

const MIB = 1_048_576;
/** What Discord answers when it has a file of that name. */
const taken = (name: string) => ({
  message: {
    attachments: [{ url: `https://cdn.example/attachments/1/2/${name}` }],
  } as Sent['message'],
  remaining: null,
  resetAfterMs: null,
});

const refusal = (kind: ReplyErrorKind, about: { status?: number; code?: string | number } = {}) =>
  new ReplyError(kind, { message: kind, method: 'PATCH', route: '/webhooks', ...about });

/** Delivers a picture of so many bytes, which fits exactly under any limit, to a Discord of the test's. */
async function deliver(
  bytes: number,
  limitBytes: number,
  take: (bytes: number) => void,
  change: Partial<DeliveryDeps> = {},
) {
  const sizes: number[] = [];
  const image = { path: '/nowhere', bytes, mime: 'image/png', width: 4_096, height: 4_096 };
  const fit: Fitter['fit'] = async (picture, { limitBytes: limit }) =>
    ({
      image: { ...picture, bytes: Math.min(bytes, limit) },
      reencoded: bytes > limit ? { format: 'jpeg', quality: 90, scale: 1 } : null,
    }) as unknown as Awaited<ReturnType<Fitter['fit']>>;
  const writeFinal: ReplyWriter['writeFinal'] = async (_body, uploads) => {
    const [upload] = uploads;
    if (upload === undefined || !('path' in upload)) throw new Error('no file');
    const size = Number(upload.path);
    sizes.push(size);
    take(size);
    return taken(upload.name);
  };
  const end = deliverPicture(sampleDone(image), {
    fitter: { fit },
    spool: { remove: async () => {} },
    writer: { writeFinal, isTokenAlive: () => true } as unknown as ReplyWriter,
    wording: new Wording(),
    texts: english,
    log: silentLog,
    onSent: () => {},
    onDeleted: () => {},
    signal: new AbortController().signal,
    limitBytes,
    acquire: async () => {},
    isDeleted: () => false,
    render: (fitted) => ({
      body: {},
      upload: { ...pictureUpload('abc123def456', fitted.image), path: String(fitted.image.bytes) },
    }),
    ...change,
  }).catch((error: unknown) => error);
  return { end: await end, sizes };
}

describe('a picture on its way to Discord', () => {
  it.each([500 * MIB, 100 * MIB, 50 * MIB, 25 * MIB, 20 * MIB, 10 * MIB])(
    'finds 8 MiB in time, where it was promised %i bytes and nothing more is taken',
    async (limitBytes) => {
      const { end, sizes } = await deliver(41_146_504, limitBytes, (bytes) => {
        if (bytes > 8 * MIB) throw refusal('too_large', { status: 413 });
      });
      expect(end).toMatchObject({ to: 'message' });
      expect(sizes.at(-1)).toBe(8 * MIB);
    },
  );

  it('goes smaller on a line that breaks under everything large, and only then', async () => {
    const broken = refusal('busy', { code: 'ECONNRESET' });
    const { end, sizes } = await deliver(
      20 * MIB,
      20 * MIB,
      (bytes) => {
        if (bytes > 8 * MIB) throw broken;
      },
      { retryFor: { largeMs: 1_000 } },
    );
    expect(end).toMatchObject({ to: 'message', fitted: true });
    expect(sizes.pop()).toBe(8 * MIB);
    expect(new Set(sizes)).toEqual(new Set([20 * MIB]));
  });

  it.each([
    ['Discord is busy', refusal('busy', { status: 503 })],
    ['nobody can be reached', refusal('busy', { code: 'ECONNREFUSED' })],
  ])('stays as large as it may be while %s', async (_, fault) => {
    let tries = 0;
    const { end, sizes } = await deliver(
      20 * MIB,
      20 * MIB,
      () => {
        tries += 1;
        if (tries <= 2) throw fault;
      },
      { retryFor: { largeMs: 0 } },
    );
    expect(end).toMatchObject({ to: 'message', fitted: false });
    expect(new Set(sizes)).toEqual(new Set([20 * MIB]));
  });

  it('is tried again later when even what is small breaks the line', async () => {
    const { end, sizes } = await deliver(
      20 * MIB,
      20 * MIB,
      () => {
        throw refusal('busy', { code: 'ECONNRESET' });
      },
      { retryFor: { largeMs: 0, anyMs: 0 } },
    );
    expect(end).toEqual({ to: 'later' });
    expect(sizes).toEqual([20 * MIB, 8 * MIB]);
  });

  it('is kept, and nobody’s bug, when Discord refuses it', async () => {
    const { end, sizes } = await deliver(MIB, 20 * MIB, () => {
      throw refusal('rejected', { status: 400, code: 20_009 });
    });
    expect(end).toMatchObject({ kind: 'not_shown', details: { problem: 'not_taken' } });
    expect(sizes).toHaveLength(1);
  });
});
