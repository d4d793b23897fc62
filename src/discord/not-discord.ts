import { DiscordAPIError } from 'discord.js';

/** What the operator reads where somebody else answers in Discord's place. */
export const NOT_DISCORD = {
  message: 'what answers at DISCORD_API_URL is not Discord’s API',
  hint: 'Leave it empty for Discord itself; with a proxy, it must lead to the REST base without its version, such as https://discord.com/api.',
} as const;

/**
 * Does what asks Discord by discord.js, which trusts every answer to be Discord's and stumbles over
 * a web page in its place; that is named here.
 */
export async function expectDiscord<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (!isForeign(error)) throw error;
    throw new Error(`${NOT_DISCORD.message}. ${NOT_DISCORD.hint}`, { cause: error });
  }
}

/** Whether it comes of an answer that is not JSON, or not Discord's. */
function isForeign(error: unknown): boolean {
  if (error instanceof DiscordAPIError) return typeof error.code !== 'number';
  return error instanceof TypeError || error instanceof SyntaxError;
}
