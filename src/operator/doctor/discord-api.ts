import type { Config } from '../../config.ts';
import { NOT_DISCORD } from '../../discord/not-discord.ts';
import { type Finding, red } from './finding.ts';

const TIMEOUT_MS = 10_000;

/** What came back for a request with the bot's token. */
export interface Answer {
  status: number;
  /** null for what is not JSON, and so not Discord's. */
  body: unknown;
  date: string | null;
}

export type Ask = (path: string) => Promise<Answer>;

export function createAsk({ apiUrl, token }: Config['discord']): Ask {
  return async (path) => {
    const response = await fetch(`${apiUrl}/v10${path}`, {
      headers: { authorization: `Bot ${token}`, 'user-agent': 'DiscordBot (Darkroom doctor, 1)' },
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    return { status: response.status, body, date: response.headers.get('date') };
  };
}

/** What is wrong with an answer; null for a good one. */
export function describeFault({ status, body }: Answer): Finding | null {
  // In trouble Discord's own gates answer with web pages, too.
  if (status === 429 || status >= 500) {
    const hint = 'Try again later; see https://discordstatus.com.';
    return red('Discord', `it answered ${status}`, hint);
  }
  if (typeof body !== 'object' || body === null) return notDiscord(status);
  if (status < 400) return null;
  const { code, message } = body as { code?: unknown; message?: unknown };
  if (typeof code !== 'number') return notDiscord(status);
  if (status === 401) {
    const hint =
      'Copy it again, or reset it, at https://discord.com/developers/applications: your application, Bot.';
    return red('Bot token', 'Discord does not accept DISCORD_TOKEN (401)', hint);
  }
  return red('Discord', `it refused a request (${status} / ${code}): ${message}`);
}

/** Somebody else answers, as a proxy or a login page of the network. */
export function notDiscord(status: number): Finding {
  return red('Discord', `${NOT_DISCORD.message} (HTTP ${status})`, NOT_DISCORD.hint);
}
