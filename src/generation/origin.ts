import type { RequestCommand } from '../domain.ts';
import type { Origin, Replies, ReplyFacts } from '../store/store.ts';
import type { OriginKind, OriginLink } from './live-reply.ts';

/** What the new reply says of itself. */
interface Descendant {
  command: RequestCommand;
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
  const of = reply.generations.findIndex(({ id }) => id === origin.generationId);
  const isOneOfSeveral = of >= 0 && reply.generations.length > generations.length;
  return {
    kind: originKind(command),
    url: messageUrl(reply),
    number: isOneOfSeveral ? of + 1 : null,
  };
}

/** The address of a reply's message; null where others than its own person could not open it. */
export function messageUrl({
  guildId,
  channelId,
  messageId,
  ephemeral,
}: ReplyFacts): string | null {
  if (ephemeral || channelId === null || messageId === null) return null;
  return `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`;
}

/** How a command goes on from a picture. */
export function originKind(command: RequestCommand): OriginKind {
  return command === 'imagine' ? 'edit' : command;
}
