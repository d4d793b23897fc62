/**
 * The process that works on pictures: decodes and encodes for the bot, which talks to it through
 * `picture-process-client.ts` alone. It holds no secret and ends with the bot, or when the bot lets it go.
 */
import { constants, setPriority } from 'node:os';
import sharp from 'sharp';
import { Failure } from '../../domain.ts';
import type { FitAnswer, FitCall } from '../picture-calls.ts';
import { openPicture, type Picture } from './open-picture.ts';
import { makeThumbnail } from './thumbnail.ts';

// Whoever waits for an acknowledgement has less time than whoever waits for a picture.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// The cache would hold 50 MB and the handles of files that the spool has removed.
sharp.cache(false);

// A signal for the whole group is the bot's to follow: it lets the work in hand come to its end.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());

const pictures = new Map<number, Picture>();

async function carryOut(call: FitCall): Promise<FitAnswer> {
  switch (call.do) {
    case 'open': {
      const picture = await openPicture(call.image, call.limits);
      pictures.set(call.id, picture);
      const { encode: _, close: __, ...facts } = picture;
      return { id: call.id, facts };
    }
    case 'encode':
      await pictures.get(call.picture)?.encode(call.encode, call.path);
      return { id: call.id };
    case 'close':
      pictures.delete(call.picture);
      return { id: call.id };
    case 'thumbnail':
      return { id: call.id, thumbnail: await makeThumbnail(call.path) };
  }
}

process.on('message', (call: FitCall) => {
  carryOut(call)
    .catch((error: unknown): FitAnswer => {
      const { kind, message, details } =
        error instanceof Failure ? error : new Failure('internal', String(error));
      const cause = error instanceof Failure ? String(error.cause ?? '') : '';
      return { id: call.id, failure: { kind, message: `${message} ${cause}`.trim(), details } };
    })
    // Where the bot is gone the disconnect ends this process; there is nobody to tell.
    .then((answer) => process.send?.(answer, undefined, undefined, () => {}));
});
