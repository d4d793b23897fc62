/** `/applications/{id}/commands`: registering commands, for everywhere or for one guild. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { apiError } from '../api-error.ts';
import { checkCommand, checkCommands } from '../checks/commands.ts';
import type { Command } from '../interface.ts';
import type { State } from '../model.ts';
import { asObject } from './body.ts';
import { param, query } from './call.ts';
import { apiPath } from './server.ts';

export function commandRoutes(app: FastifyInstance, state: State): void {
  const ownApplication = (request: FastifyRequest): void => {
    if (param(request, 'application') !== state.world.application.id) {
      throw apiError('unknownApplication');
    }
  };
  const guildOf = (request: FastifyRequest): string => {
    const guild = state.guild(param(request, 'guild'));
    if (!guild?.installedApp) throw apiError('missingAccess');
    return guild.id;
  };
  // The same routes twice: for everywhere, and for one guild.
  serve('/applications/:application/commands', () => null);
  serve('/applications/:application/guilds/:guild/commands', guildOf);

  function serve(path: string, placeOf: (request: FastifyRequest) => string | null) {
    const open = (request: FastifyRequest) => {
      ownApplication(request);
      const guildId = placeOf(request);
      const commands =
        guildId === null ? state.globalCommands : (state.guildCommands.get(guildId) ?? []);
      return { guildId, commands };
    };
    const find = (request: FastifyRequest) => {
      const { guildId, commands } = open(request);
      const command = commands.find(({ id }) => id === param(request, 'command'));
      if (!command) throw apiError('unknownCommand');
      const others = commands.filter((one) => one !== command);
      return { guildId, commands, command, others };
    };

    app.get(apiPath(path), async (request) => {
      const { commands } = open(request);
      const localized = query(request)['with_localizations'] === 'true';
      return localized ? commands : commands.map(withoutLocalizations);
    });
    app.put(apiPath(path), async (request) => {
      const { guildId, commands } = open(request);
      checkCommands(request.body);
      const made = (request.body as Partial<Command>[]).map((body) =>
        complete(state, guildId, commands, body),
      );
      state.setCommands(guildId, made);
      return made;
    });
    // Creating a command of a name that is there replaces it.
    app.post(apiPath(path), async (request, reply) => {
      const { guildId, commands } = open(request);
      checkCommand(request.body);
      const made = complete(state, guildId, commands, request.body as Partial<Command>);
      const others = commands.filter(({ id }) => id !== made.id);
      state.setCommands(guildId, [...others, made]);
      return reply.code(others.length === commands.length ? 201 : 200).send(made);
    });
    app.get(apiPath(`${path}/:command`), async (request) => find(request).command);
    app.patch(apiPath(`${path}/:command`), async (request) => {
      const { guildId, command, others } = find(request);
      const body = { ...command, ...asObject(request.body) };
      checkCommand(body);
      const made = { ...complete(state, guildId, [], body), id: command.id };
      state.setCommands(guildId, [...others, made]);
      return made;
    });
    app.delete(apiPath(`${path}/:command`), async (request, reply) => {
      const { guildId, others } = find(request);
      state.setCommands(guildId, others);
      return reply.code(204).send();
    });
  }
}

/** A command as Discord keeps it; one that keeps its name and type keeps its id. */
function complete(
  state: State,
  guildId: string | null,
  before: Command[],
  body: Partial<Command>,
): Command {
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
}

function withoutLocalizations(command: Command): Partial<Command> {
  const { name_localizations: _names, description_localizations: _descriptions, ...rest } = command;
  return rest;
}
