import dotenv from 'dotenv';
import { z } from 'zod';
import { IMAGE_SIZES } from './domain.ts';
import { isLoopbackHost } from './images/references/allowed-hosts.ts';
import { findListProblems } from './word-filter/expressions.ts';

/** The variables that Darkroom reads, each with its form and what to do when it is wrong. */

const MEGABYTE = 1_000_000;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const MODELS = 'must be flash, pro, or flash,pro';
const SNOWFLAKE = /^\d{17,20}$/;
const HOST = /^(https?:\/\/)?(\[[0-9a-f:]+\]|[a-z0-9.-]+)(:\d{1,5})?$/i;

/** Printable ASCII without spaces, as headers take it and tokens and keys are made of. */
const BARE_VALUE = /^(?!["'`])[!-~]+(?<!["'`])$/;

const secret = (missing: string) =>
  z
    .string({ error: missing })
    .regex(
      BARE_VALUE,
      'must be the bare value: without a prefix, quotes, spaces or line breaks, and of letters, digits and signs of ASCII alone',
    );

const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .filter((item) => item !== ''),
);
const hosts = list.refine((items) => items.length > 0 && items.every((item) => HOST.test(item)), {
  error: 'must be host names separated by commas, such as cdn.discordapp.com,127.0.0.1:8080',
});

/** Names as a `Host` header has them, without a port. */
const hostNames = list
  .transform((names) => names.map((name) => name.replace(/\.$/, '')))
  .refine((names) => names.every((name) => /^[\w.-]+$/.test(name)), {
    error: 'must be host names without a port, separated by commas, such as darkroom',
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

const count = z.coerce.number({ error: 'must be a number' }).int('must be a whole number');
const limit = count.positive('must be more than 0; leave it empty for no limit').optional();
const dollars = z.coerce.number({ error: 'must be an amount of dollars' });
const price = dollars.nonnegative('must be 0 or more').optional();
const costLimit = dollars.positive('must be more than 0').optional();
const flag = z
  .enum(['true', 'false', '1', '0', 'yes', 'no'], { error: 'must be true or false' })
  .transform((word) => ['true', '1', 'yes'].includes(word));
const snowflakes = list.refine((ids) => ids.every((id) => SNOWFLAKE.test(id)), {
  error: 'must be ids of 17 to 20 digits, separated by commas',
});
/** Commas separate, except inside an `/expression/`. */
const words = z
  .string()
  .transform((text) =>
    text
      .split(/,(?![^/]*\/(?:,|$))/)
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  )
  .superRefine((entries, context) => {
    for (const message of findListProblems(entries)) context.addIssue({ code: 'custom', message });
  });

export const environment = z.object({
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
  REFERENCES_MAX_MB: megabytes('of all references of one request').default(20 * MEGABYTE),
  SPOOL_MAX_MB: megabytes('that pictures may take on disk').default(2_000 * MEGABYTE),
  DATA_DIR: z.string().default('data'),
  RETENTION_DAYS: count.min(0, 'must be 0 or more').default(30),
  MAX_CONCURRENT: count.positive('must be more than 0').default(8),
  DRAIN_SECONDS: count.min(0, 'must be 0 or more').default(25),
  USER_CONCURRENT: limit.default(4),
  USER_DAILY_PICTURES: limit,
  USER_COOLDOWN_SECONDS: limit,
  GUILD_DAILY_PICTURES: limit,
  GUILD_DAILY_COST_LIMIT: costLimit,
  DAILY_PICTURES: limit,
  DAILY_COST_LIMIT: costLimit,
  ALLOWED_MODELS: list
    .pipe(z.array(z.enum(['flash', 'pro'], { error: MODELS })).min(1, MODELS))
    .default(['flash', 'pro']),
  LARGEST_SIZE: z
    .enum(IMAGE_SIZES, { error: `must be one of ${IMAGE_SIZES.join(', ')}` })
    .default('4K'),
  PRIVATE_ALLOWED: flag.default(true),
  BLOCKED_WORDS: words.default([]),
  EXEMPT_ROLES: snowflakes.default([]),
  ALLOWED_GUILDS: snowflakes
    .refine((ids) => ids.length > 0, 'must name at least one server; leave it empty for all')
    .optional(),
  ALLOW_DIRECT_MESSAGES: flag.optional(),
  USER_INSTALL: flag.default(false),
  FLASH_PRICE_INPUT: price,
  FLASH_PRICE_TEXT: price,
  FLASH_PRICE_IMAGE: price,
  PRO_PRICE_INPUT: price,
  PRO_PRICE_TEXT: price,
  PRO_PRICE_IMAGE: price,
  OPS_PORT: count.min(0, 'must be 0 or more').max(65_535, 'must be at most 65535').optional(),
  OPS_HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'must be an address such as 127.0.0.1, or 0.0.0.0 for every one')
    .default('127.0.0.1'),
  OPS_HOSTS: hostNames.default([]),
  LOG_PRETTY: flag.default(false),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` })
    .default('info'),
});

/** What `.env` in the working directory sets, if there is one. */
export function readEnvFile(): Record<string, string> {
  const fromFile: Record<string, string> = {};
  dotenv.config({ quiet: true, processEnv: fromFile });
  return fromFile;
}

/**
 * Reads `.env` below the process's environment. An empty value counts as not given, so that a
 * copied `.env.example` can stay as it is.
 */
export function readEnvironment(processEnvironment: NodeJS.ProcessEnv = process.env) {
  const given = Object.entries({ ...readEnvFile(), ...processEnvironment }).filter(
    ([, value]) => value !== undefined && value.trim() !== '',
  );
  return Object.fromEntries(given) as Record<string, string>;
}

function modelId(standard: string) {
  return z
    .string()
    .regex(/^[\w.-]+$/, `must be a model id such as ${standard}`)
    .default(standard);
}
