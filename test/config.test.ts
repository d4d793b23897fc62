import { describe, expect, it } from 'vitest';
import { ConfigError, describeConfigError, loadConfig } from '../src/config.ts';

const needed = { DISCORD_TOKEN: 'a.discord.token', ANYFAST_API_KEY: 'sk-key' };

function problemsOf(variables: Record<string, string>): string[] {
  try {
    loadConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('needs a token and a key only, and fills in the rest', () => {
    const config = loadConfig(needed);
    expect(config.discord.apiUrl).toBe('https://discord.com/api');
    expect(config.gemini.baseUrl.href).toBe('https://www.anyfast.ai/');
    expect(config.gemini.models).toEqual({
      flash: { id: 'gemini-3.1-flash-image-preview' },
      pro: { id: 'gemini-3-pro-image-preview' },
    });
    expect(config.references.hosts).toEqual(['cdn.discordapp.com', 'media.discordapp.net']);
    expect(config.gemini.imageHosts).toEqual(['www.anyfast.ai']);
  });

  it('takes no list of blocked words that takes too long to check', () => {
    const slow = Array.from({ length: 20 }, (_, index) => `/(?:[a-z ]{1,12}){1,12}${index}/`);
    expect(problemsOf({ ...needed, BLOCKED_WORDS: ['gun', ...slow].join(',') })).toEqual([
      expect.stringMatching(/^BLOCKED_WORDS takes too long to check: .* cost 5\d{3} together/),
    ]);
    expect(problemsOf({ ...needed, BLOCKED_WORDS: slow.slice(0, 10).join(',') })).toEqual([]);
  });

  it('names every problem at once, and where to get what is missing', () => {
    const problems = problemsOf({
      LOG_LEVEL: 'loud',
      DISCORD_GUILD_ID: '12',
      ANYFAST_BASE_URL: 'ftp://example.com',
      SPOOL_MAX_MB: 'much',
      ATTACHMENT_HOSTS: 'cdn.discordapp.com,not a host',
    });
    const text = problems.join('\n');
    expect(problems).toHaveLength(7);
    expect(text).toContain('DISCORD_TOKEN is missing');
    expect(text).toContain('discord.com/developers');
    expect(text).toContain('ANYFAST_API_KEY is missing');
    expect(text).toContain('anyfast.ai');
    for (const name of [
      'LOG_LEVEL',
      'DISCORD_GUILD_ID',
      'ANYFAST_BASE_URL',
      'SPOOL_MAX_MB',
      'ATTACHMENT_HOSTS',
    ]) {
      expect(text).toContain(name);
    }
  });

  it('names what is wrong between variables beside what is wrong in one', () => {
    const problems = problemsOf({
      LOG_LEVEL: 'loud',
      FLASH_PRICE_INPUT: 'free',
      DAILY_COST_LIMIT: '-1',
    });
    expect(problems.map((problem) => problem.split(' ', 1)[0])).toEqual([
      'DISCORD_TOKEN',
      'ANYFAST_API_KEY',
      'DAILY_COST_LIMIT',
      'FLASH_PRICE_INPUT',
      'LOG_LEVEL',
      'FLASH_PRICE_INPUT,',
      'DAILY_COST_LIMIT',
    ]);
    expect(problems.at(-1)).toContain('PRO_PRICE_INPUT');
  });

  it('counts costs of the models that are allowed only', () => {
    const prices = { PRO_PRICE_INPUT: '2', PRO_PRICE_TEXT: '12', PRO_PRICE_IMAGE: '120' };
    const limited = { ...needed, ...prices, DAILY_COST_LIMIT: '5' };
    expect(problemsOf(limited)).toEqual([expect.stringContaining('FLASH_PRICE_INPUT')]);
    expect(loadConfig({ ...limited, ALLOWED_MODELS: 'pro' }).prices).toEqual({
      flash: null,
      pro: { input: 2, text: 12, image: 120 },
    });
  });

  it.each(['ATTACHMENT_HOSTS', 'MODEL_IMAGE_HOSTS', 'ALLOWED_GUILDS', 'ALLOWED_MODELS'])(
    'takes no %s that names none',
    (name) => {
      expect(problemsOf({ ...needed, [name]: ',' })).toEqual([
        expect.stringContaining(`${name} must`),
      ]);
    },
  );

  it('serves no direct messages where it names the servers to serve, unless told to', () => {
    const ALLOWED_GUILDS = '111111111111111111';
    const serves = (variables: Record<string, string>) =>
      loadConfig({ ...needed, ...variables }).limits.operator.directMessages;
    expect(serves({})).toBe(true);
    expect(serves({ ALLOW_DIRECT_MESSAGES: 'false' })).toBe(false);
    expect(serves({ ALLOWED_GUILDS })).toBe(false);
    expect(serves({ ALLOWED_GUILDS, ALLOW_DIRECT_MESSAGES: 'true' })).toBe(true);
  });

  it.each([
    'ключ',
    'tökén',
    'a.b\u200B',
    '\u202Ea.b',
    'a\u0001b',
    'a\u007Fb',
    'a\uFFFDb',
    'a b',
    'a\nb',
    'Bot a.b.c',
    '"a.b.c"',
    "'a.b.c'",
    'a.b.c"',
  ])('takes no token or key that no header takes, or that is not bare: %j', (value) => {
    for (const name of ['DISCORD_TOKEN', 'ANYFAST_API_KEY']) {
      expect(problemsOf({ ...needed, [name]: value })).toEqual([
        expect.stringContaining(`${name} must be the bare value`),
      ]);
    }
  });

  it('points to the sandbox, and repeats no value that was given', () => {
    const error = new ConfigError(problemsOf({ DISCORD_TOKEN: 'Bot secret-value' }));
    const message = describeConfigError(error);
    expect(message).toContain('npm run sandbox');
    expect(message).not.toContain('secret-value');
  });

  it('sends secrets in the clear to loopback addresses only', () => {
    expect(problemsOf({ ...needed, ANYFAST_BASE_URL: 'http://models.example' })).toEqual([
      expect.stringContaining('must begin with https://'),
    ]);
    expect(problemsOf({ ...needed, DISCORD_API_URL: 'http://discord.example/api' })).toHaveLength(
      1,
    );
    expect(problemsOf({ ...needed, ANYFAST_BASE_URL: 'http://127.0.0.1:8080' })).toEqual([]);
    expect(problemsOf({ ...needed, ANYFAST_BASE_URL: 'http://localhost:8080' })).toEqual([]);
  });

  it('takes the version off a REST base, as discord.js adds it', () => {
    for (const url of [
      'http://127.0.0.1:1/api',
      'http://127.0.0.1:1/api/',
      'http://127.0.0.1:1/api/v10',
    ]) {
      const config = loadConfig({ ...needed, DISCORD_API_URL: url });
      expect(config.discord.apiUrl).toBe('http://127.0.0.1:1/api');
    }
  });

  it('lets a model answer with addresses on its own host, unless told otherwise', () => {
    const own = loadConfig({ ...needed, ANYFAST_BASE_URL: 'http://127.0.0.1:99' });
    expect(own.gemini.imageHosts).toEqual(['127.0.0.1:99']);
    const told = loadConfig({ ...needed, MODEL_IMAGE_HOSTS: 'a.example, B.example:444' });
    expect(told.gemini.imageHosts).toEqual(['a.example', 'b.example:444']);
  });
});
