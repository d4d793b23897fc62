import { type REST, RESTEvents } from 'discord.js';
import type { DiscordOutcome, Report } from '../events.ts';

/**
 * Reports each answer that a client of the library's gets. It waits out a 429 by itself and sends
 * again, so nobody else learns of it.
 */
export function reportAnswers(client: Pick<REST, 'on'>, report: Report): void {
  client.on(RESTEvents.Response, ({ method, route }, { status }) => {
    const outcome = outcomeOf(status);
    report({ type: 'discord_request_ended', route: `${method} ${route}`, outcome });
  });
}

function outcomeOf(status: number): DiscordOutcome {
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'busy';
  return status < 400 ? 'ok' : 'rejected';
}
