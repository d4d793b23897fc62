import { type Client, GatewayDispatchEvents } from 'discord.js';

/** Interactions that wait for READY, at most; each is read within milliseconds of its arrival. */
const KEEP = 1_000;

/**
 * Tells the type of the channel that an interaction came from. Discord sends it along; without
 * servers in its cache discord.js drops it, so it is taken from the event as it arrived, which
 * discord.js hands out just before the interaction that it makes of it.
 *
 * @returns Discord's channel type by the interaction's id, once; null where it is not known.
 */
export function watchChannelTypes(client: Client): (interactionId: string) => number | null {
  const types = new Map<string, number>();
  client.ws.on(GatewayDispatchEvents.InteractionCreate, ({ id, channel }) => {
    if (typeof channel?.type !== 'number') return;
    types.set(id, channel.type);
    const [oldest] = types.keys();
    if (types.size > KEEP && oldest !== undefined) types.delete(oldest);
  });
  return (interactionId) => {
    const type = types.get(interactionId) ?? null;
    types.delete(interactionId);
    return type;
  };
}
