import type { RequestCommand } from '../domain.ts';
import type { NewReply, Replies } from '../store/store.ts';
import type { OriginKind, OriginLink } from './live-reply.ts';

/** Where the picture stands that a reply came of; null where there is none, or no longer. */
export async function findOriginLink(
  {
    command,
    origin,
    generations,
  }: Pick<NewReply, 'command' | 'origin'> & { generations: readonly unknown[] },
  replies: Pick<Replies, 'get'>,
): Promise<OriginLink | null> {
  const reply = origin && (await replies.get(origin.replyId));
  if (!reply) return null;
  const { guildId, channelId, messageId, ephemeral } = reply;
  const of = reply.generations.findIndex(({ id }) => id === origin.generationId);
  const isOneOfSeveral = of >= 0 && reply.generations.length > generations.length;
  return {
    kind: originKind(command),
    message: { guildId, channelId, messageId, ephemeral },
    number: isOneOfSeveral ? of + 1 : null,
  };
}

/** How a command goes on from a picture. */
export function originKind(command: RequestCommand): OriginKind {
  return command === 'imagine' ? 'edit' : command;
}
