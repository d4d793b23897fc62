import {
  ApplicationIntegrationType,
  type Client,
  InteractionContextType,
  type RESTGetCurrentApplicationResult,
  type RESTPostAPIApplicationCommandsJSONBody,
  Routes,
} from 'discord.js';
import type { Handlers } from './handlers.ts';
import { expectDiscord } from './not-discord.ts';

export interface Registration {
  /** Registers to this guild only, where changes show at once; null for everywhere. */
  guildId: string | null;
  /** Whether people may install the bot for themselves. */
  userInstall: boolean;
}

/**
 * Tells Discord the whole list of commands in one request that replaces what was there, so that
 * every start leaves exactly what this version knows. Needs the REST's token and no login: what is
 * refused here (the token, the guild) costs none of the day's logins.
 */
export async function registerCommands(
  { rest }: Pick<Client, 'rest'>,
  handlers: Handlers,
  { guildId, userInstall }: Registration,
): Promise<{ applicationId: string; commands: number }> {
  const commands = [...handlers.slash, ...handlers.message].map(({ data }) => data);
  const applicationId = await expectDiscord(async () => {
    const { id } = (await rest.get(Routes.currentApplication())) as RESTGetCurrentApplicationResult;
    if (typeof id !== 'string') throw new TypeError('the application has no id');
    return id;
  });
  if (guildId !== null) {
    await rest.put(Routes.applicationGuildCommands(applicationId, guildId), {
      body: commands.map(forOneGuild),
    });
  } else {
    await rest.put(Routes.applicationCommands(applicationId), {
      body: userInstall ? commands.map(forUsersToo) : commands,
    });
  }
  return { applicationId, commands: commands.length };
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
