import { resolve } from 'node:path';
import dotenv from 'dotenv';
import { z } from 'zod';
import type { ModelKey } from './domain.ts';
import { isLoopbackHost } from './images/hosts.ts';

const MEGABYTE = 1_000_000;

/** Everything that can be set from outside. Read once, at start; nothing else reads the environment. */
export interface Config {
  discord: {
    token: string;
    /** The REST base without its version, as discord.js's `rest.api`. */
    apiUrl: string;
    /** Commands are registered to this guild only (at once, for development) instead of everywhere. */
    guildId: string | null;
  };
  gemini: {
    baseUrl: URL;
    apiKey: string;
    models: Record<ModelKey, { id: string }>;
    /** Hosts a model may name when it answers with an address instead of a picture. */
    imageHosts: string[];
  };
  references: {
    /** Hosts that attachments are fetched from: `host`, `host:port` or `http://host:port`. */
    hosts: string[];
    maxBytes: number;
  };
  spool: { directory: string; maxBytes: number };
  log: { level: (typeof LOG_LEVELS)[number] };
}

/** The configuration cannot be used; `problems` has one line each, with what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: string[];

  constructor(problems: string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const SNOWFLAKE = /^\d{17,20}$/;
const HOST = /^(https?:\/\/)?(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

const secret = (missing: string) =>
  z
    .string({ error: missing })
    .regex(/^\S+$/, 'holds a space or a line break: paste the bare value, without any prefix');

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== ''),
);
const hosts = list.refine((items) => items.every((item) => HOST.test(item)), {
  error: 'must be host names separated by commas, such as cdn.discordapp.com,127.0.0.1:8080',
});

const megabytes = (name: string) =>
  z.coerce
    .number({ error: `must be a number of megabytes (${name})` })
    .positive('must be more than 0')
    .transform((value) => Math.floor(value * MEGABYTE));

/** A secret travels to this address, so it is encrypted unless it never leaves the machine. */
const secretiveUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address such as https://example.com' })
  .transform((text) => new URL(text))
  .refine((url) => url.protocol === 'https:' || isLoopbackHost(url.hostname), {
    error: 'must begin with https:// (plain http is for loopback addresses only)',
  });

const environment = z.object({
  DISCORD_TOKEN: secret(
    'is missing. Get it at https://discord.com/developers/applications: your application, Bot, Reset Token',
  ),
  DISCORD_API_URL: secretiveUrl.default(new URL('https://discord.com/api')),
  DISCORD_GUILD_ID: z
    .string()
    .regex(SNOWFLAKE, 'must be a server id of 17 to 20 digits')
    .optional(),
  ANYFAST_API_KEY: secret(
    'is missing. Create one at https://www.anyfast.ai in the console, with the group "Direct" (streaming needs it)',
  ),
  ANYFAST_BASE_URL: secretiveUrl.default(new URL('https://www.anyfast.ai')),
  FLASH_MODEL_ID: modelId('gemini-3.1-flash-image-preview'),
  PRO_MODEL_ID: modelId('gemini-3-pro-image-preview'),
  ATTACHMENT_HOSTS: hosts.default(['cdn.discordapp.com', 'media.discordapp.net']),
  MODEL_IMAGE_HOSTS: hosts.optional(),
  REFERENCE_MAX_MB: megabytes('of one reference picture').default(20 * MEGABYTE),
  SPOOL_MAX_MB: megabytes('that pictures may take on disk').default(2_000 * MEGABYTE),
  DATA_DIR: z.string().default('data'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),
});

/**
 * Reads `.env` in the working directory (if there is one) below the process's environment.
 * An empty value counts as not given, so that a copied `.env.example` can stay as it is.
 */
export function readEnvironment(processEnvironment: NodeJS.ProcessEnv = process.env) {
  const fromFile: Record<string, string> = {};
  dotenv.config({ quiet: true, processEnv: fromFile });
  const given = Object.entries({ ...fromFile, ...processEnvironment }).filter(
    ([, value]) => value !== undefined && value.trim() !== '',
  );
  return Object.fromEntries(given) as Record<string, string>;
}

/**
 * Checks the environment and gives it its shape.
 *
 * @throws ConfigError that names every problem at once.
 */
export function loadConfig(variables: Record<string, string>): Config {
  const parsed = environment.safeParse(variables);
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`),
    );
  }
  const env = parsed.data;
  return {
    discord: {
      token: env.DISCORD_TOKEN,
      // discord.js appends /v10 itself; an address copied with its version would get it twice.
      apiUrl: trimUrl(env.DISCORD_API_URL).replace(/\/v\d+$/, ''),
      guildId: env.DISCORD_GUILD_ID ?? null,
    },
    gemini: {
      baseUrl: env.ANYFAST_BASE_URL,
      apiKey: env.ANYFAST_API_KEY,
      models: { flash: { id: env.FLASH_MODEL_ID }, pro: { id: env.PRO_MODEL_ID } },
      imageHosts: env.MODEL_IMAGE_HOSTS ?? [env.ANYFAST_BASE_URL.host],
    },
    references: { hosts: env.ATTACHMENT_HOSTS, maxBytes: env.REFERENCE_MAX_MB },
    spool: { directory: resolve(env.DATA_DIR, 'spool'), maxBytes: env.SPOOL_MAX_MB },
    log: { level: env.LOG_LEVEL },
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
    'No token or key yet? "npm run sandbox" shows all of Darkroom at work with no account.',
  ].join('\n');
}

function modelId(standard: string) {
  return z
    .string()
    .regex(/^[\w.-]+$/, `must be a model id such as ${standard}`)
    .default(standard);
}

function trimUrl(url: URL): string {
  return url.href.replace(/\/+$/, '');
}
