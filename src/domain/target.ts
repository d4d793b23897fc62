/** Where the reply lives, and what may be done with it. Enough for another process to write it. */
export interface ReplyTarget {
  applicationId: string;
  interactionId: string;
  /** A secret: whoever holds it can write as the bot until the deadline. */
  interactionToken: string;
  /** Epoch milliseconds. Discord lets an interaction token live for 15 minutes. */
  tokenExpiresAt: number;
  channelId: string | null;
  guildId: string | null;
  userId: string;
  /** Known after the first answer to an edit. */
  messageId: string | null;
  ephemeral: boolean;
  /**
   * The bot's own permissions in the channel, as Discord's decimal bit string. Send Messages tells
   * whether it may write there, in threads as well.
   */
  appPermissions: string;
  /** Whether the server installed the bot, or only the person who typed. */
  installContext: 'guild' | 'user';
  locale: string;
  /** Bytes that one attachment may have, of this interaction. */
  attachmentSizeLimit: number;
}
