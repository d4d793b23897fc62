import {
  ApplicationIntegrationType,
  type Client,
  InteractionContextType,
  type RESTPostAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import type { Handlers } from './handlers.ts';

export interface Registration {
  /** Registers to this guild only, where changes show at once; null for everywhere. */
  guildId: string | null;
  /** Whether people may install the bot for themselves. */
  userInstall: boolean;
}

/**
 * Tells Discord the whole list of commands in one request that replaces what was there, so that
 * every start leaves exactly what this version knows.
 */
export async function registerCommands(
  client: Client<true>,
  handlers: Handlers,
  { guildId, userInstall }: Registration,
): Promise<number> {
  const commands = [...handlers.slash, ...handlers.message].map(({ data }) => data);
  if (guildId !== null) {
    await client.rest.put(Routes.applicationGuildCommands(client.application.id, guildId), {
      body: commands.map(forOneGuild),
    });
  } else {
    await client.rest.put(Routes.applicationCommands(client.application.id), {
      body: userInstall ? commands.map(forUsersToo) : commands,
    });
  }
  return commands.length;
}

/** Where a command shows is a matter of global commands only. */
function forOneGuild(command: RESTPostAPIApplicationCommandsJSONBody) {
  const { contexts: _, integration_types: __, ...rest } = command;
  return rest;
}

/** What needs a server's own permissions stays with servers. */
function forUsersToo(command: RESTPostAPIApplicationCommandsJSONBody) {
  const isForServers = command.contexts?.every((one) => one === InteractionContextType.Guild);
  if (isForServers) return command;
  return {
    ...command,
    integration_types: [
      ApplicationIntegrationType.GuildInstall,
      ApplicationIntegrationType.UserInstall,
    ],
    contexts: [
      InteractionContextType.Guild,
      InteractionContextType.BotDM,
      InteractionContextType.PrivateChannel,
    ],
  };
}
