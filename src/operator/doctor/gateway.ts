import { type Ask, describeFault } from './discord-api.ts';
import { type Finding, green, reasonOf, red, yellow } from './finding.ts';

const TIMEOUT_MS = 10_000;
/** Discord resets the token of a bot that connects more often than it may. */
const FEW_STARTS = 50;

/** What Discord tells a bot before it connects. */
interface GatewayFacts {
  url: string;
  shards: number;
  session_start_limit: { remaining: number; total: number; reset_after: number };
}

/** Whether the bot could connect now; opens a connection and does not log in. */
export async function checkGateway(ask: Ask, now = Date.now()): Promise<Finding> {
  const subject = 'Gateway';
  try {
    const answer = await ask('/gateway/bot');
    const fault = describeFault(answer);
    if (fault !== null) return { ...fault, subject };
    const { url, shards, session_start_limit: starts } = answer.body as GatewayFacts;
    await sayHello(url);
    const says = `reachable; ${starts.remaining} of ${starts.total} starts left today`;
    if (starts.remaining < 1) {
      const moreAt = new Date(now + starts.reset_after).toISOString();
      const advice = `The bot cannot start before ${moreAt}. Find out what restarted it so often.`;
      return red(subject, says, advice);
    }
    if (starts.remaining < FEW_STARTS) {
      const advice = 'Find out what restarts it so often: Discord resets the token at 0.';
      return yellow(subject, says, advice);
    }
    if (shards > 1) {
      const advice = `Discord would like ${shards} connections; one works up to 2,500 servers.`;
      return yellow(subject, says, advice);
    }
    return green(subject, says);
  } catch (error) {
    const advice = 'A firewall or proxy must let WebSockets (wss, port 443) through.';
    return red(subject, `cannot be reached (${reasonOf(error)})`, advice);
  }
}

/** Opens a connection and waits for the greeting; without a login it costs none of the starts. */
async function sayHello(url: string): Promise<void> {
  const address = new URL(url);
  address.search = 'v=10&encoding=json';
  const socket = new WebSocket(address);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('message', () => resolve(), { signal });
      socket.addEventListener('error', () => reject(new Error('connection failed')), { signal });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  } finally {
    socket.close();
  }
}
