import type { ReplyFacts } from '../store/store.ts';

/** Where a reply's message is, and whether only its own person sees it. */
export type MessageFacts = Pick<ReplyFacts, 'guildId' | 'channelId' | 'messageId' | 'ephemeral'>;

/** The address of a reply's message; null where others than its own person could not open it. */
export function messageUrl(message: MessageFacts): string | null {
  const { guildId, channelId, messageId, ephemeral } = message;
  if (ephemeral || channelId === null || messageId === null) return null;
  return `https://discord.com/channels/${guildId ?? '@me'}/${channelId}/${messageId}`;
}
