/**
 * Discord's documented limits that more than one part of the bot keeps to: the one place for them.
 * Lengths are in characters.
 */

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
export const EMBED = {
  count: 10,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  /** All embeds of one message together. */
  total: 6_000,
} as const;

export const MESSAGE = { content: 2_000, files: 10, altText: 1_024 } as const;

/** Of a select menu, and of autocomplete. */
export const CHOICES = { count: 25, chars: 100 } as const;

/** A modal's text input; a command's option takes 6,000, and its prompt must fit into a modal too. */
export const TEXT_INPUT_CHARS = 4_000;

/** How long an interaction's token lives. */
export const INTERACTION_TOKEN_MS = 15 * 60_000;
