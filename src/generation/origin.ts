import type { Origin, Replies } from '../store/store.ts';
import type { OriginLink } from './live-reply.ts';

/** Where the picture stands that something was made from; null where there is none, or no longer. */
export async function findOriginLink(
  origin: Origin | null,
  replies: Pick<Replies, 'get'>,
): Promise<OriginLink | null> {
  const reply = origin && (await replies.get(origin.replyId));
  if (!reply) return null;
  const { command, guildId, channelId, messageId, ephemeral } = reply;
  const isOpen = !ephemeral && channelId !== null && messageId !== null;
  return {
    command,
    url: isOpen
      ? `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`
      : null,
  };
}
