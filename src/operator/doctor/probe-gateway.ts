import { isNearlyUsedUp, readIdentifyBudget } from '../../discord/identify-pacer.ts';
import { type Ask, describeFault } from './discord-api.ts';
import { type Finding, green, networkReason, red, yellow } from './finding.ts';

const TIMEOUT_MS = 10_000;

/** What Discord tells a bot before it connects. */
interface GatewayFacts {
  url: string;
  shards: number;
}

/** Whether the bot could connect now; opens a connection and does not log in. */
export async function checkGateway(ask: Ask, now = Date.now()): Promise<Finding> {
  const subject = 'Gateway';
  try {
    const answer = await ask('/gateway/bot');
    const fault = describeFault(answer);
    if (fault !== null) return { ...fault, subject };
    const { url, shards } = answer.body as GatewayFacts;
    const budget = readIdentifyBudget(answer.body, now);
    await waitForHello(url);
    if (budget === null) return green(subject, 'reachable');
    const message = `reachable; ${budget.remaining} of ${budget.total} logins left today`;
    if (isNearlyUsedUp(budget)) {
      const moreAt = new Date(budget.resetsAt).toISOString();
      const hint = `The bot waits until ${moreAt}: Discord resets the token at 0. Find out what restarts it so often.`;
      return red(subject, message, hint);
    }
    if (shards > 1) {
      const hint = `Discord would like ${shards} connections; one works up to 2,500 servers.`;
      return yellow(subject, message, hint);
    }
    return green(subject, message);
  } catch (error) {
    const hint = 'A firewall or proxy must let WebSockets (wss, port 443) through.';
    return red(subject, `cannot be reached (${networkReason(error)})`, hint);
  }
}

/** Opens a connection and waits for the greeting; without a login it costs none of the starts. */
async function waitForHello(url: string): Promise<void> {
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
