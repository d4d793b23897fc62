import type { Reference } from '../domain.ts';
import type { Store } from '../store/store.ts';
import { ReplyError } from './reply-error.ts';
import type { ReplyRest } from './rest.ts';

/** Where one of our own pictures is on Discord now. */
export interface OwnPicture {
  /** Null where it is gone, and where the bot cannot read its message. */
  url: string | null;
  /** Whether it is known to be gone, and any address that it had with it. */
  isGone: boolean;
}

const UNREADABLE: OwnPicture = { url: null, isGone: false };
const GONE: OwnPicture = { url: null, isGone: true };

/**
 * Looks for one of our own pictures in its message, where the bot can read that: not a private
 * one, and not where it is no member.
 */
export async function findOwnPicture(
  { generationId }: Reference,
  { store, rest }: { store: Pick<Store, 'generations' | 'replies'>; rest: ReplyRest },
): Promise<OwnPicture> {
  const generation = generationId ? await store.generations.get(generationId) : null;
  const reply = generation && (await store.replies.get(generation.replyId));
  if (!generation || !reply?.channelId || reply.ephemeral) return UNREADABLE;
  const { channelId, messageId } = reply;
  if (messageId === null) return reply.settledAt === null ? UNREADABLE : GONE;
  try {
    const { message } = await rest.readInChannel({ channelId, messageId });
    const shown = message?.embeds?.map((embed) => embed.image?.url) ?? [];
    const attached = message?.attachments?.map(({ url }) => url) ?? [];
    const stem = `/darkroom-${generation.id}.`;
    const url = [...attached, ...shown].find((each) => each?.includes(stem)) ?? null;
    return { url, isGone: url === null };
  } catch (error) {
    if (error instanceof ReplyError) return error.kind === 'gone' ? GONE : UNREADABLE;
    throw error;
  }
}
