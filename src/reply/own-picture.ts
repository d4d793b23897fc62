import type { Reference } from '../domain.ts';
import type { Store } from '../store/store.ts';
import { ReplyError } from './reply-error.ts';
import type { ReplyRest } from './rest.ts';

/**
 * The address that one of our own pictures has on Discord now, read from its message; null where
 * the bot cannot read that message (a private one, a deleted one), or it is no picture of ours.
 */
export async function findOwnPictureUrl(
  { generationId }: Reference,
  { store, rest }: { store: Pick<Store, 'generations' | 'replies'>; rest: ReplyRest },
): Promise<string | null> {
  const generation = generationId ? await store.generations.get(generationId) : null;
  const reply = generation && (await store.replies.get(generation.replyId));
  if (!generation || !reply?.channelId || !reply.messageId || reply.ephemeral) return null;
  const { channelId, messageId } = reply;
  try {
    const { message } = await rest.readInChannel({ channelId, messageId });
    const shown = message?.embeds?.map((embed) => embed.image?.url) ?? [];
    const attached = message?.attachments?.map(({ url }) => url) ?? [];
    const stem = `/darkroom-${generation.id}.`;
    return [...attached, ...shown].find((url) => url?.includes(stem)) ?? null;
  } catch (error) {
    if (error instanceof ReplyError) return null;
    throw error;
  }
}
