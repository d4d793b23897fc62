import { resolve } from 'node:path';
import type { z } from 'zod';
import type { GuildSettings, ModelKey } from './domain.ts';
import { environment } from './environment.ts';

/** Everything that can be set from outside. Read once, at start; nothing else reads the environment. */
export type Config = ReturnType<typeof loadConfig>;

/** The configuration cannot be used; `problems` has one line each, with what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/**
 * Checks the environment and gives it its shape.
 *
 * @throws ConfigError that names every problem at once.
 */
export function loadConfig(variables: Record<string, string>) {
  const parsed = environment.safeParse(variables);
  const issues = parsed.error?.issues ?? [];
  const problems = [
    ...issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    ...findPriceProblems(variables),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);
  const env = parsed.data;
  return {
    discord: {
      token: env.DISCORD_TOKEN,
      /**
       * The REST base, as discord.js's `rest.api`. That appends /v10 itself; an address copied with
       * its version would get it twice.
       */
      apiUrl: trimUrl(env.DISCORD_API_URL).replace(/\/v\d+$/, ''),
      /** Commands are registered to this guild only (at once, for development) instead of everywhere. */
      guildId: env.DISCORD_GUILD_ID ?? null,
    },
    gemini: {
      baseUrl: env.ANYFAST_BASE_URL,
      apiKey: env.ANYFAST_API_KEY,
      models: { flash: { id: env.FLASH_MODEL_ID }, pro: { id: env.PRO_MODEL_ID } },
      /** Hosts a model may name when it answers with an address instead of a picture. */
      imageHosts: env.MODEL_IMAGE_HOSTS ?? [env.ANYFAST_BASE_URL.host],
    },
    references: {
      /** Hosts that attachments are fetched from: `host`, `host:port` or `http://host:port`. */
      hosts: env.ATTACHMENT_HOSTS,
      /** Of one picture. */
      maxBytes: env.REFERENCE_MAX_MB,
      /** Of all that one request goes by. */
      maxBytesTogether: env.REFERENCES_MAX_MB,
    },
    spool: { directory: resolve(env.DATA_DIR, 'spool'), maxBytes: env.SPOOL_MAX_MB },
    database: {
      file: resolve(env.DATA_DIR, 'darkroom.sqlite'),
      retentionDays: env.RETENTION_DAYS,
    },
    /** Generations of one model that run at once. */
    maxConcurrent: env.MAX_CONCURRENT,
    /** How long a stop waits for what runs. */
    drainMs: env.DRAIN_SECONDS * 1_000,
    prices: { flash: readPrices(env, 'FLASH'), pro: readPrices(env, 'PRO') },
    limits: {
      /** What applies where a server set nothing of its own. */
      defaults: {
        userOpen: env.USER_CONCURRENT,
        userPicturesPerDay: env.USER_DAILY_PICTURES ?? null,
        userCooldownMs: scaled(env.USER_COOLDOWN_SECONDS, 1_000),
        guildPicturesPerDay: env.GUILD_DAILY_PICTURES ?? null,
        guildCostMicrosPerDay: scaled(env.GUILD_DAILY_COST_LIMIT, 1_000_000),
        models: env.ALLOWED_MODELS,
        largestSize: env.LARGEST_SIZE,
        privateAllowed: env.PRIVATE_ALLOWED,
        blockedWords: env.BLOCKED_WORDS,
        exemptRoles: env.EXEMPT_ROLES,
      } satisfies GuildSettings,
      bot: {
        picturesPerDay: env.DAILY_PICTURES ?? null,
        costMicrosPerDay: scaled(env.DAILY_COST_LIMIT, 1_000_000),
      },
      operator: {
        allowedGuilds: env.ALLOWED_GUILDS ?? null,
        userInstall: env.USER_INSTALL,
        // Who names the servers to serve means those alone.
        directMessages: env.ALLOW_DIRECT_MESSAGES ?? env.ALLOWED_GUILDS === undefined,
      },
    },
    /** `pretty`: lines for people instead of JSON. */
    log: { level: env.LOG_LEVEL, pretty: env.LOG_PRETTY },
    /** Where health and metrics are served, under `names` beside addresses; null: nowhere. */
    ops:
      env.OPS_PORT === undefined
        ? null
        : { host: env.OPS_HOST, port: env.OPS_PORT, names: env.OPS_HOSTS },
  };
}

/** The one message that a failed start prints: every problem, and the way without any account. */
export function describeConfigError(error: ConfigError): string {
  return [
    'Darkroom cannot start; its configuration needs attention:',
    '',
    ...error.problems.map((problem) => `  - ${problem}`),
    '',
    'Set these in the environment or in a file named .env (copy .env.example, which explains each).',
    'No token or key yet? "npm ci && npm run sandbox" shows all of Darkroom at work with no account.',
  ].join('\n');
}

/** A model's prices, in dollars for a million tokens; null where there are none. */
function readPrices(env: z.infer<typeof environment>, model: 'FLASH' | 'PRO') {
  const input = env[`${model}_PRICE_INPUT`];
  const text = env[`${model}_PRICE_TEXT`];
  const image = env[`${model}_PRICE_IMAGE`];
  return input === undefined || text === undefined || image === undefined
    ? null
    : { input, text, image };
}

/**
 * What is wrong between variables: a model has all three prices or none, as half of them would make
 * every cost wrong; and a limit on costs that are not known would hold nothing back. Goes by what
 * was given, right or wrong in itself, so that one message names everything.
 */
function findPriceProblems(variables: Record<string, string>): string[] {
  const namesOf = (model: ModelKey) =>
    ['INPUT', 'TEXT', 'IMAGE'].map((kind) => `${model.toUpperCase()}_PRICE_${kind}`);
  const given = (model: ModelKey) => namesOf(model).filter((name) => name in variables).length;

  const halved = (['flash', 'pro'] as const)
    .filter((model) => given(model) === 1 || given(model) === 2)
    .map((model) => `${shortly(model)} must be set together, or none of them`);

  const limits = ['DAILY_COST_LIMIT', 'GUILD_DAILY_COST_LIMIT'].filter((name) => name in variables);
  const allowed = environment.shape.ALLOWED_MODELS.safeParse(variables['ALLOWED_MODELS']);
  const unpriced = (allowed.data ?? []).filter((model) => given(model) === 0);
  if (limits.length === 0 || unpriced.length === 0) return halved;
  const missing = unpriced.map(shortly).join(' and ');
  return [
    ...halved,
    `${limits.join(' and ')} needs prices to count with: set ${missing}, or take the model out of ALLOWED_MODELS`,
  ];
}

function shortly(model: ModelKey): string {
  return `${model.toUpperCase()}_PRICE_INPUT, _TEXT and _IMAGE`;
}

function scaled(value: number | undefined, factor: number): number | null {
  return value === undefined ? null : Math.round(value * factor);
}

function trimUrl(url: URL): string {
  return url.href.replace(/\/+$/, '');
}
