import { type REST, RESTEvents } from '@discordjs/rest';
import { ReplyError } from '../discord-http/errors.ts';
import type { ReplyRest } from '../discord-http/rest.ts';
import type { Metrics } from './metrics.ts';

/**
 * Counts every request to Discord by its route's template: those about replies (`measureRest`), and
 * those of the library's own clients (`measureDiscord`), which acknowledge and register.
 */

/** Counts every request about a reply by its route's template. */
export function measureRest(rest: ReplyRest, metrics: Metrics): ReplyRest {
  const count =
    <Args extends unknown[], Answer>(route: string, send: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      try {
        const answer = await send(...args);
        metrics.discordWrites.inc({ route, outcome: 'ok' });
        return answer;
      } catch (error) {
        const outcome = error instanceof ReplyError ? error.kind : 'internal';
        metrics.discordWrites.inc({ route, outcome });
        throw error;
      }
    };
  return {
    editOriginal: count('PATCH @original', rest.editOriginal),
    followUp: count('POST webhook', rest.followUp),
    deleteOriginal: count('DELETE @original', rest.deleteOriginal),
    editInChannel: count('PATCH message', rest.editInChannel),
    deleteInChannel: count('DELETE message', rest.deleteInChannel),
    readInChannel: count('GET message', rest.readInChannel),
    postInChannel: count('POST message', rest.postInChannel),
  };
}

/**
 * Counts each answer that a client of the library's gets. It waits out a 429 by itself and sends
 * again, so nobody else learns of it.
 */
export function measureDiscord(client: Pick<REST, 'on'>, metrics: Metrics): void {
  client.on(RESTEvents.Response, ({ method, route }, { status }) => {
    metrics.discordWrites.inc({ route: `${method} ${route}`, outcome: outcomeOf(status) });
  });
}

/** In the words of `ReplyErrorKind`. */
function outcomeOf(status: number): string {
  if (status === 429) return 'rate_limited';
  if (status >= 500) return 'busy';
  return status < 400 ? 'ok' : 'rejected';
}
