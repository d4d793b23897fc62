/** What a client says of itself when it identifies (op 2), and what Discord refuses. */
import { Close, KNOWN_INTENTS, PRIVILEGED_INTENTS } from './codes.ts';

/** A client that may have a session. */
export interface Identified {
  intents: number;
  shard: [id: number, count: number];
}

/** Checks the data of an identify; a refused one gets the close code and its words. */
export function checkIdentify(
  data: unknown,
  { botToken, hasPrivilegedIntents }: { botToken: string; hasPrivilegedIntents: boolean },
): Identified | { close: number; reason: string } {
  const {
    token,
    intents,
    shard = [0, 1],
  } = (data ?? {}) as { token?: string; intents?: number; shard?: [number, number] };
  if (token !== botToken) {
    return { close: Close.authenticationFailed, reason: 'Authentication failed.' };
  }
  if (typeof intents !== 'number' || intents < 0 || (intents & ~KNOWN_INTENTS) !== 0) {
    return { close: Close.invalidIntents, reason: 'Invalid intent(s).' };
  }
  if ((intents & PRIVILEGED_INTENTS) !== 0 && !hasPrivilegedIntents) {
    return { close: Close.disallowedIntents, reason: 'Disallowed intent(s).' };
  }
  const [id, count] = shard;
  if (!(count >= 1 && id >= 0 && id < count)) {
    return { close: Close.invalidShard, reason: 'Invalid shard.' };
  }
  return { intents, shard: [id, count] };
}
