import type { State } from '../model.ts';
import { renderUser } from '../render/places.ts';
import type { Guild } from '../world.ts';
import type { Session } from './session.ts';

/** The first event of a session. Its guilds are named only; GUILD_CREATE brings them. */
export function readyPayload(
  state: State,
  session: Session,
  guilds: readonly Guild[],
  url: string,
) {
  const { application } = state.world;
  const bot = state.user(application.botUserId);
  return {
    v: 10,
    user: bot && { ...renderUser(bot), verified: true, mfa_enabled: true, email: null },
    guilds: guilds.map((guild) => ({ id: guild.id, unavailable: true })),
    session_id: session.id,
    resume_gateway_url: url,
    shard: session.shard,
    application: { id: application.id, flags: 0 },
    session_type: 'normal',
    private_channels: [],
    relationships: [],
    presences: [],
    geo_ordered_rtc_regions: [],
    guild_join_requests: [],
    user_settings: {},
    auth: {},
    _trace: [],
  };
}
