/** `/applications/{id}/commands`: registering commands, globally or for one guild. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import { checkCommands } from '../checks/commands.ts';
import type { Command } from '../interface.ts';
import type { State } from '../model.ts';
import { param, query } from './call.ts';
import { apiPath } from './server.ts';

export function commandRoutes(app: FastifyInstance, state: State): void {
  const shown = (request: FastifyRequest, commands: Command[]) =>
    query(request)['with_localizations'] === 'true' ? commands : commands.map(withoutLocalizations);

  const own = (request: FastifyRequest): void => {
    if (param(request, 'application') !== state.world.application.id) {
      throw apiError('unknownApplication');
    }
  };
  const guildOf = (request: FastifyRequest): string => {
    const guild = state.guild(param(request, 'guild'));
    if (!guild?.installedApp) throw apiError('missingAccess');
    return guild.id;
  };

  app.get(apiPath('/applications/:application/commands'), async (request) => {
    own(request);
    return shown(request, state.globalCommands);
  });
  app.put(apiPath('/applications/:application/commands'), async (request) => {
    own(request);
    return register(state, null, state.globalCommands, request.body);
  });
  app.get(apiPath('/applications/:application/guilds/:guild/commands'), async (request) => {
    own(request);
    return shown(request, state.guildCommands.get(guildOf(request)) ?? []);
  });
  app.put(apiPath('/applications/:application/guilds/:guild/commands'), async (request) => {
    own(request);
    const guildId = guildOf(request);
    return register(state, guildId, state.guildCommands.get(guildId) ?? [], request.body);
  });
}

/** Replaces all commands of one place; a command that keeps its name and type keeps its id. */
function register(
  state: State,
  guildId: string | null,
  before: Command[],
  bodies: unknown,
): Command[] {
  checkCommands(bodies);
  const commands = (bodies as Partial<Command>[]).map((body): Command => {
    const type = body.type ?? 1;
    const known = before.find((one) => one.name === body.name && one.type === type);
    const {
      default_member_permissions: permissions = null,
      description = '',
      name_localizations = null,
      description_localizations = null,
    } = body;
    return {
      ...body,
      id: known?.id ?? state.nextId(),
      application_id: state.world.application.id,
      version: state.nextId(),
      type,
      name: body.name ?? '',
      name_localizations,
      description,
      description_localizations,
      default_member_permissions: permissions === null ? null : String(permissions),
      // A guild's own commands have neither contexts nor installations.
      ...(guildId === null
        ? {
            integration_types: body.integration_types ?? [0],
            contexts: body.contexts ?? null,
            dm_permission: true,
          }
        : { guild_id: guildId }),
      nsfw: body.nsfw ?? false,
    } as Command;
  });
  state.setCommands(guildId, commands);
  return commands;
}

function withoutLocalizations(command: Command): Partial<Command> {
  const { name_localizations: _names, description_localizations: _descriptions, ...rest } = command;
  return rest;
}
