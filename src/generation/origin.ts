import type { Origin, Replies } from '../store/store.ts';
import type { OriginKind, OriginLink } from './live-reply.ts';

/** What the new reply says of itself. */
interface Descendant {
  command: string;
  origin: Origin | null;
  generations: readonly unknown[];
}

/** Where the picture stands that a reply came of; null where there is none, or no longer. */
export async function findOriginLink(
  { command, origin, generations }: Descendant,
  replies: Pick<Replies, 'get'>,
): Promise<OriginLink | null> {
  const reply = origin && (await replies.get(origin.replyId));
  if (!reply) return null;
  const { guildId, channelId, messageId, ephemeral } = reply;
  const isOpen = !ephemeral && channelId !== null && messageId !== null;
  const of = reply.generations.findIndex(({ id }) => id === origin.generationId);
  const isOneOfSeveral = of >= 0 && reply.generations.length > generations.length;
  return {
    kind: originKind(command),
    url: isOpen
      ? `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`
      : null,
    number: isOneOfSeveral ? of + 1 : null,
  };
}

/** How a command goes on from a picture; whatever is neither of the others changes it. */
export function originKind(command: string): OriginKind {
  return command === 'again' || command === 'enlarge' ? command : 'edit';
}
