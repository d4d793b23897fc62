import type { Logger } from 'pino';
import { isTransient, ReplyError } from '../discord-http/errors.ts';
import { findFile, isImageFileOf } from '../discord-http/message-file.ts';
import type { ReplyRest } from '../discord-http/rest.ts';
import { retryUntilAccepted } from '../discord-http/retry-until-accepted.ts';
import type { PictureReference } from '../domain.ts';
import type { Store } from '../store/store.ts';

/** Where one of our own pictures is on Discord now. */
export interface OwnPicture {
  /** null where it is deleted, and where the bot cannot read its message. */
  url: string | null;
  /** Whether it is known to be deleted, and any address that it had with it. */
  isDeleted: boolean;
}

const UNREADABLE: OwnPicture = { url: null, isDeleted: false };
const DELETED: OwnPicture = { url: null, isDeleted: true };

export interface OwnPictureDeps {
  store: Pick<Store, 'generations' | 'replies'>;
  rest: Pick<ReplyRest, 'readInChannel'>;
}

/**
 * Looks for one of our own pictures in its message, where the bot can read that: not a private
 * one, and not where it is no member.
 *
 * @throws ReplyError `busy` or `rate_limited`: a fault that passes says nothing of the picture.
 */
export async function findOwnPicture(
  { generationId }: PictureReference,
  { store, rest }: OwnPictureDeps,
): Promise<OwnPicture> {
  const generation = await store.generations.get(generationId);
  const reply = generation && (await store.replies.get(generation.replyId));
  if (!generation || !reply?.channelId || reply.ephemeral) return UNREADABLE;
  const { channelId, messageId } = reply;
  if (messageId === null) return reply.settledAt === null ? UNREADABLE : DELETED;
  try {
    const { message } = await rest.readInChannel({ channelId, messageId });
    const url = findFile(message, (name) => isImageFileOf(generation.id, name))?.url ?? null;
    return { url, isDeleted: url === null };
  } catch (error) {
    if (!(error instanceof ReplyError) || isTransient(error)) throw error;
    return error.kind === 'gone' ? DELETED : UNREADABLE;
  }
}

/** Somebody sees the bot work meanwhile; the address that there was may still do. */
const RENEWAL_TIMEOUT_MS = 10_000;

/** The address of one of our own pictures as Discord signs it now; null where it gives none. */
export async function renewOwnUrl(
  own: PictureReference,
  deps: OwnPictureDeps,
  log: Logger,
): Promise<string | null> {
  const options = { retryForMs: RENEWAL_TIMEOUT_MS };
  try {
    return (await retryUntilAccepted(() => findOwnPicture(own, deps), log, options)).url;
  } catch (error) {
    if (error instanceof ReplyError) return null;
    throw error;
  }
}
