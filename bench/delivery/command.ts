import { type Settled, watchReply } from '@darkroom/sandbox';
import type { InteractionHandle } from '@darkroom/sandbox/discord';
import type { RunningBot } from './bot.ts';

/** No reply of these measurements takes longer, also on a busy machine. */
const REPLY_WITHIN_MS = 300_000;

/** Sends `/imagine` as the studio's member does. */
export async function imagine(
  { discord }: RunningBot,
  options: Record<string, string>,
): Promise<InteractionHandle> {
  const { people, places } = discord.world;
  return await discord.interact({
    kind: 'slash',
    command: 'imagine',
    userId: people.member.id,
    channelId: places.studioGeneral.id,
    options,
  });
}

/** Waits for the end of a reply. */
export async function waitForReply(
  { discord }: RunningBot,
  handle: InteractionHandle,
): Promise<Settled> {
  return await watchReply(discord, handle, { timeoutMs: REPLY_WITHIN_MS });
}
