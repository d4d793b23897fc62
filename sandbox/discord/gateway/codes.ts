/** The numbers of the gateway's wire, from Discord's documentation. */

/** The gateway's opcodes. */
export const Op = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  presence: 3,
  voice: 4,
  resume: 6,
  reconnect: 7,
  requestMembers: 8,
  invalidSession: 9,
  hello: 10,
  heartbeatAck: 11,
} as const;

/** Discord's close codes that are used here. */
export const Close = {
  unknownOpcode: 4_001,
  decodeError: 4_002,
  notAuthenticated: 4_003,
  authenticationFailed: 4_004,
  alreadyAuthenticated: 4_005,
  invalidSequence: 4_007,
  rateLimited: 4_008,
  sessionTimedOut: 4_009,
  invalidShard: 4_010,
  shardingRequired: 4_011,
  invalidVersion: 4_012,
  invalidIntents: 4_013,
  disallowedIntents: 4_014,
} as const;

/** Intents that change what is sent here. */
export const Intent = { guilds: 1 << 0, guildMessages: 1 << 9, directMessages: 1 << 12 } as const;
/** GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT: granted in the developer portal only. */
export const PRIVILEGED_INTENTS = (1 << 1) | (1 << 8) | (1 << 15);
/** Every bit that Discord has given a meaning. */
export const KNOWN_INTENTS = 0x03_31_ff_ff;
