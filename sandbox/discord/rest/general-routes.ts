/** Who the bot is, where it is, and where the gateway is. */
import type { FastifyInstance } from 'fastify';
import { apiError } from '../api-error.ts';
import type { Gateway } from '../gateway/server.ts';
import type { State } from '../model.ts';
import {
  channelsOf,
  renderApplication,
  renderChannel,
  renderGuild,
  renderGuildPart,
  renderMember,
  renderUser,
} from '../render/places.ts';
import type { Guild } from '../world.ts';
import { param, query } from './call.ts';
import { apiPath } from './server.ts';

export function generalRoutes(app: FastifyInstance, state: State, gateway: Gateway): void {
  const botId = state.world.application.botUserId;
  const guildOf = (id: string): Guild => {
    const guild = state.guild(id);
    if (!guild) throw apiError('unknownGuild');
    // A guild that exists but never added the bot is no secret to Discord either.
    if (!guild.installedApp) throw apiError('missingAccess');
    return guild;
  };

  app.get(apiPath('/gateway'), async () => ({ url: gateway.url() }));
  app.get(apiPath('/gateway/bot'), async () => ({
    url: gateway.url(),
    shards: 1,
    session_start_limit: gateway.startLimit(),
  }));

  for (const path of ['/applications/@me', '/oauth2/applications/@me']) {
    app.get(apiPath(path), async () => renderApplication(state.world));
  }
  // `@me` too.
  app.get(apiPath('/users/:user'), async (request) => {
    const id = param(request, 'user');
    const user = state.user(id === '@me' ? botId : id);
    if (!user) throw apiError('unknownUser');
    return {
      ...renderUser(user),
      ...(user.id === botId ? { verified: true, mfa_enabled: true, locale: user.locale } : {}),
    };
  });
  app.get(apiPath('/users/@me/guilds'), async (request) => {
    const limit = Number(query(request)['limit'] ?? 200);
    const after = BigInt(query(request)['after'] ?? 0);
    return state.world.guilds
      .filter((guild) => guild.installedApp && BigInt(guild.id) > after)
      .slice(0, limit)
      .map((guild) => renderGuildPart(guild, botId));
  });
  app.post(apiPath('/users/@me/channels'), async (request) => {
    const { recipient_id: userId } = (request.body ?? {}) as { recipient_id?: string };
    const user = userId === undefined ? null : state.user(String(userId));
    if (!user) throw apiError('unknownUser');
    if (user.bot) throw apiError('cannotMessageUser');
    let channel = state.world.channels.find(
      (one) => one.kind === 'bot-dm' && one.userId === user.id,
    );
    if (!channel) {
      channel = { id: state.nextId(), kind: 'bot-dm', userId: user.id };
      state.world.channels.push(channel);
    }
    return renderChannel(state.world, channel);
  });
  app.get(apiPath('/guilds/:guild'), async (request) =>
    renderGuild(guildOf(param(request, 'guild'))),
  );
  app.get(apiPath('/guilds/:guild/channels'), async (request) => {
    const guild = guildOf(param(request, 'guild'));
    return channelsOf(state.world, guild, false);
  });
  app.get(apiPath('/guilds/:guild/members/:user'), async (request) => {
    const guild = guildOf(param(request, 'guild'));
    const userId = param(request, 'user');
    const user = state.user(userId === '@me' ? botId : userId);
    if (!user || !guild.members.some((member) => member.userId === user.id)) {
      throw apiError('unknownMember');
    }
    return renderMember(guild, user);
  });
}
