import { type Client, Routes } from 'discord.js';
import type { Handlers } from './handlers.ts';

/**
 * Tells Discord the whole list of commands in one request that replaces what was there, so that
 * every start leaves exactly what this version knows.
 *
 * @param guildId Registers to this guild only, where changes show at once; null for everywhere.
 */
export async function registerCommands(
  client: Client<true>,
  handlers: Handlers,
  guildId: string | null,
): Promise<number> {
  const body = [...handlers.slash, ...handlers.message].map((command) => command.data);
  const route = guildId
    ? Routes.applicationGuildCommands(client.application.id, guildId)
    : Routes.applicationCommands(client.application.id);
  await client.rest.put(route, { body });
  return body.length;
}
