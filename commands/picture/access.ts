import { type BaseInteraction, PermissionFlagsBits } from 'discord.js';
import type { HandlerContext } from '../../src/discord/handlers.ts';
import { Failure } from '../../src/domain.ts';
import type { ReplyFacts, StoredGeneration, StoredReply } from '../../src/store/store.ts';

/** The words behind the first colon of a custom_id: the ids that `actionId` put there. */
export function readActionIds(customId: string): string[] {
  return customId.split(':').slice(1);
}

/**
 * A reply by the id in a button, for who clicked: their own wherever it is, anybody's open one in
 * its own channel. An id alone opens nothing.
 *
 * @throws Failure `limit` with `not_kept` or `somebody_elses`.
 */
export async function readReply(
  replyId: string | undefined,
  interaction: BaseInteraction,
  { store }: Pick<HandlerContext, 'store'>,
): Promise<StoredReply> {
  const reply = replyId === undefined ? null : await store.replies.get(replyId);
  if (reply === null) throw refuse('not_kept');
  if (!maySee(reply, interaction)) throw refuse('somebody_elses');
  return reply;
}

/** A generation and its reply, by the generation's id; the same rules. */
export async function readPicture(
  generationId: string | undefined,
  interaction: BaseInteraction,
  context: Pick<HandlerContext, 'store'>,
): Promise<{ reply: StoredReply; generation: StoredGeneration }> {
  const found =
    generationId === undefined ? null : await context.store.generations.get(generationId);
  const reply = await readReply(found?.replyId, interaction, context);
  const generation = reply.generations.find(({ id }) => id === generationId);
  if (generation === undefined) throw refuse('not_kept');
  return { reply, generation };
}

/** Their own wherever it is, and what everybody sees in this very channel. */
export function maySee(reply: ReplyFacts, { user, channelId }: BaseInteraction): boolean {
  return reply.userId === user.id || (!reply.ephemeral && reply.channelId === channelId);
}

/**
 * Lets the owner pass, and those who may manage messages, by what Discord says with this
 * interaction.
 *
 * @throws Failure `limit` with `not_yours`.
 */
export function requireOwnerOrModerator(reply: StoredReply, interaction: BaseInteraction): void {
  if (reply.userId === interaction.user.id) return;
  if (interaction.memberPermissions?.has(PermissionFlagsBits.ManageMessages)) return;
  throw refuse('not_yours');
}

export function refuse(problem: string): Failure {
  return new Failure('limit', `not allowed: ${problem}`, { details: { problem } });
}
