/** The world's people and places as the API shows them. */
import { channelPermissions, guildPermissions } from '../permissions.ts';
import type { Channel, Guild, User, World } from '../world.ts';

export function renderUser(user: User) {
  return {
    id: user.id,
    username: user.username,
    discriminator: '0',
    global_name: user.globalName,
    avatar: null,
    ...(user.bot ? { bot: true } : {}),
    public_flags: 0,
    flags: 0,
    banner: null,
    accent_color: null,
    avatar_decoration_data: null,
    collectibles: null,
    clan: null,
    primary_guild: null,
  };
}

/** A member without the user, as messages and resolved data carry it. */
export function renderMemberPart(guild: Guild, userId: string) {
  const member = guild.members.find((one) => one.userId === userId);
  return {
    nick: member?.nick ?? null,
    avatar: null,
    banner: null,
    roles: member?.roleIds ?? [],
    joined_at: member?.joinedAt ?? new Date(0).toISOString(),
    premium_since: null,
    pending: false,
    communication_disabled_until: null,
    unusual_dm_activity_until: null,
    flags: 0,
    deaf: false,
    mute: false,
  };
}

/** A member with the user, as interactions and the members' route carry it. */
export function renderMember(guild: Guild, user: User) {
  return { ...renderMemberPart(guild, user.id), user: renderUser(user) };
}

/** A channel with the permissions that this user has in it, as interactions carry it. */
export function renderChannel(world: World, channel: Channel, viewerId?: string) {
  const permissions =
    viewerId === undefined
      ? {}
      : { permissions: channelPermissions(world, channel, viewerId).toString() };
  const recipient = (id: string) => world.users.filter((user) => user.id === id).map(renderUser);
  if (channel.kind === 'guild') {
    return {
      id: channel.id,
      // A public thread is type 11, a text channel type 0.
      type: channel.parentId === undefined ? 0 : 11,
      guild_id: channel.guildId,
      name: channel.name,
      position: 0,
      parent_id: channel.parentId ?? null,
      topic: null,
      nsfw: false,
      rate_limit_per_user: 0,
      last_message_id: null,
      flags: 0,
      permission_overwrites: channel.overwrites.map(({ id, type, allow, deny }) => ({
        id,
        type: type === 'role' ? 0 : 1,
        allow: allow.toString(),
        deny: deny.toString(),
      })),
      ...permissions,
    };
  }
  return {
    id: channel.id,
    // A conversation of two is type 1, a group of people type 3.
    type: channel.kind === 'private' && channel.userIds.length > 2 ? 3 : 1,
    last_message_id: null,
    flags: 0,
    recipients: (channel.kind === 'bot-dm' ? [channel.userId] : channel.userIds).flatMap(recipient),
    ...permissions,
  };
}

export function renderRole(role: Guild['roles'][number], position: number) {
  return {
    id: role.id,
    name: role.name,
    permissions: role.permissions.toString(),
    position,
    color: 0,
    colors: { primary_color: 0, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    mentionable: false,
    icon: null,
    unicode_emoji: null,
    flags: 0,
  };
}

export function renderGuild(guild: Guild) {
  return {
    id: guild.id,
    name: guild.name,
    owner_id: guild.ownerId,
    icon: null,
    splash: null,
    home_header: null,
    discovery_splash: null,
    banner: null,
    description: null,
    roles: guild.roles.map(renderRole),
    emojis: [],
    stickers: [],
    features: [],
    afk_channel_id: null,
    afk_timeout: 300,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    verification_level: 0,
    default_message_notifications: 0,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw: false,
    nsfw_level: 0,
    incidents_data: null,
    premium_tier: 0,
    premium_subscription_count: 0,
    premium_progress_bar_enabled: false,
    preferred_locale: guild.locale,
    vanity_url_code: null,
    application_id: null,
    region: 'deprecated',
    max_members: 500_000,
    max_presences: null,
    max_video_channel_users: 25,
    max_stage_video_channel_users: 50,
    widget_channel_id: null,
    approximate_member_count: guild.members.length,
    widget_enabled: false,
  };
}

/** One entry of `GET /users/@me/guilds`. */
export function renderGuildPart(guild: Guild, userId: string) {
  return {
    id: guild.id,
    name: guild.name,
    icon: null,
    banner: null,
    owner: guild.ownerId === userId,
    permissions: guildPermissions(guild, userId).toString(),
    features: [],
  };
}

/** GUILD_CREATE's payload. */
export function renderWholeGuild(world: World, guild: Guild) {
  return {
    ...renderGuild(guild),
    joined_at: guild.members[0]?.joinedAt ?? new Date(0).toISOString(),
    large: false,
    unavailable: false,
    member_count: guild.members.length,
    voice_states: [],
    members: guild.members.flatMap(({ userId }) =>
      world.users.filter((user) => user.id === userId).map((user) => renderMember(guild, user)),
    ),
    channels: channelsOf(world, guild, false),
    threads: channelsOf(world, guild, true),
    presences: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  };
}

/** The channels of a guild, or its threads. */
export function channelsOf(world: World, guild: Guild, threads: boolean) {
  return world.channels.flatMap((channel) => {
    const isOurs = channel.kind === 'guild' && channel.guildId === guild.id;
    const isWanted = isOurs && (channel.parentId !== undefined) === threads;
    return isWanted ? [renderChannel(world, channel)] : [];
  });
}

export function renderApplication(world: World) {
  const { application } = world;
  const owner = world.users.find((user) => user.id === application.ownerId);
  const bot = world.users.find((user) => user.id === application.botUserId);
  // GATEWAY_GUILD_MEMBERS, GATEWAY_PRESENCE and GATEWAY_MESSAGE_CONTENT, in their limited form.
  const flags = application.privilegedIntents ? (1 << 13) | (1 << 15) | (1 << 19) : 0;
  return {
    id: application.id,
    name: application.name,
    icon: null,
    description: application.description,
    type: null,
    explicit_content_filter: 0,
    eligible_oauth2_scopes: [],
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: application.publicKey,
    team: null,
    flags,
    flags_new: String(flags),
    approximate_guild_count: world.guilds.filter((guild) => guild.installedApp).length,
    approximate_user_authorization_count: 0,
    approximate_user_install_count: world.users.filter((user) => user.installedApp).length,
    integration_types_config: {
      '0': {
        oauth2_install_params: { scopes: ['applications.commands', 'bot'], permissions: '0' },
      },
      '1': { oauth2_install_params: { scopes: ['applications.commands'], permissions: '0' } },
    },
    redirect_uris: [],
    interactions_endpoint_url: null,
    role_connections_verification_url: null,
    ...(owner ? { owner: renderUser(owner) } : {}),
    ...(bot ? { bot: renderUser(bot) } : {}),
  };
}
