/**
 * A whole Discord on 127.0.0.1: REST v10, gateway, CDN, and the people who use it; strict where a
 * bot of commands, buttons and forms can go wrong. A thread is a channel that names its parent; who
 * is in it, and its archive, are left out. It has no voice, reactions, polls or webhooks of
 * channels, binds no uploads to the media of components V2, and unfurls no links; what others show
 * in messages (`MessageParts`) is given as Discord's API would give it.
 */
import { NotPossible } from './api-error.ts';
import { cdnRoutes } from './cdn.ts';
import { MIB } from './controls.ts';
import { createControls } from './create-controls.ts';
import { whenFound } from './events.ts';
import { createFaultInjector } from './fault-injector.ts';
import { createFileStore } from './files.ts';
import { createGateway } from './gateway/server.ts';
import { offeredCommands, resolveActor } from './interactions/availability.ts';
import { createHandle } from './interactions/handle.ts';
import type { LocalDiscord, LocalDiscordOptions, RestRecord } from './interface.ts';
import { renderFiles, renderMessage } from './render/message.ts';
import { channelRoutes } from './rest/channel-routes.ts';
import { commandRoutes } from './rest/command-routes.ts';
import { generalRoutes } from './rest/general-routes.ts';
import { interactionRoutes } from './rest/interaction-routes.ts';
import { createRateLimits } from './rest/rate-limits.ts';
import { API_BASE, createServer } from './rest/server.ts';
import { webhookRoutes } from './rest/webhook-routes.ts';
import { createUrlSigner } from './signed-urls.ts';
import { createSnowflakes } from './snowflake.ts';
import { createState, freshSettings } from './state.ts';
import { createUserActions } from './user-actions.ts';
import { createDefaultWorld } from './world.ts';

export type * from './interface.ts';
export { NotPossible };

const MAX_STORED_BYTES = 4 * 1024 * MIB;

/** REST calls that are remembered. */
const MAX_RECORDS = 10_000;

/** Shaped as a real one, so that clients which read the id out of it are content. */
function makeBotToken(botId: string): string {
  const id = Buffer.from(botId).toString('base64url');
  return `${id}.sandbx.not-a-real-token-of-the-local-discord`;
}

/** Starts one on 127.0.0.1; resolves when it listens. `close` it to free its port and files. */
export async function startLocalDiscord(options: LocalDiscordOptions = {}): Promise<LocalDiscord> {
  const now = options.now ?? Date.now;
  const world = options.world ?? createDefaultWorld(now, options.application);
  const nextId = createSnowflakes(
    now,
    [...world.users, ...world.guilds, ...world.channels].map(({ id }) => id),
  );
  const settings = freshSettings();
  const files = await createFileStore(nextId, options.maxStoredBytes ?? MAX_STORED_BYTES);
  const signer = createUrlSigner(now, () => settings.signedUrlLifetimeMs);
  const state = createState({ world, now, settings, files, signer, nextId });
  const botToken = options.botToken ?? makeBotToken(world.application.botUserId);

  const faultInjector = createFaultInjector();
  const limits = createRateLimits();
  const app = await createServer({ state, botToken, faultInjector, limits });
  // Upgrades are taken from the same port; some clients know only one host.
  const gateway = createGateway(app.server, state, botToken);
  const userActions = createUserActions(state, gateway);
  generalRoutes(app, state, gateway);
  commandRoutes(app, state);
  interactionRoutes(app, state);
  webhookRoutes(app, state);
  channelRoutes(app, state);
  cdnRoutes(app, state, faultInjector);

  const requests: RestRecord[] = [];
  state.events.on('rest', (record) => {
    requests.push(record);
    if (requests.length > MAX_RECORDS) requests.shift();
  });

  const close = async () => {
    // Sockets first, so that no client comes back while the server ends.
    userActions.close();
    gateway.close();
    await app.close();
    await files.close();
  };
  try {
    await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  } catch (error) {
    await close();
    throw error;
  }
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  state.origin = `http://127.0.0.1:${address.port}`;

  const isReady = (commands: boolean) =>
    gateway.connections() > 0 &&
    (!commands || state.globalCommands.length > 0 || state.guildCommands.size > 0);

  return {
    apiUrl: `${state.origin}${API_BASE}`,
    cdnOrigin: state.origin,
    botToken,
    applicationId: world.application.id,
    world,
    controls: createControls({ state, faultInjector, limits, gateway }),
    events: state.events,
    requests,
    commands: (guildId) =>
      guildId === undefined ? state.globalCommands : (state.guildCommands.get(guildId) ?? []),
    offered: (userId, channelId) =>
      offeredCommands(state, resolveActor(state, userId, channelId)).map(({ command }) => command),
    async whenReady({ signal, commands = true } = {}) {
      const look = () => isReady(commands) || null;
      await whenFound(state.events, ['gateway', 'commands'], look, signal ? { signal } : {});
    },
    connections: gateway.connections,
    upload: userActions.upload,
    interact: userActions.interact,
    interaction(id) {
      const interaction = state.interactions.get(id);
      return interaction ? createHandle(state, interaction) : null;
    },
    post: userActions.post,
    remove: userActions.remove,
    messages: (channelId, viewerId) =>
      [...state.messages.values()]
        .filter((message) => message.channelId === channelId)
        .filter(({ visibleTo }) => visibleTo === null || visibleTo === viewerId)
        .map((message) => renderMessage(state, message)),
    message(id) {
      const message = state.messages.get(id);
      return message ? renderMessage(state, message) : null;
    },
    filesOf(id) {
      const message = state.messages.get(id);
      return message ? renderFiles(state, message) : [];
    },
    async file(urlOrId) {
      const id = /attachments\/\d+\/(\d+)\//.exec(urlOrId)?.[1] ?? urlOrId;
      const entry = files.get(id);
      if (!entry) throw new Error(`there is no file ${id}`);
      return files.read(entry);
    },
    close,
  };
}
