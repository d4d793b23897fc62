import { type BaseInteraction, type Message, MessageFlags, PermissionFlagsBits } from 'discord.js';
import { refuse } from '../../src/admission/policy.ts';
import type { Click, HandlerContext } from '../../src/discord/handlers.ts';
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
  const [generation] = picturesOf(reply, generationId ?? '');
  if (generation === undefined) throw refuse('not_kept');
  return { reply, generation };
}

/**
 * What a button is about: `action:reply:generation` is about one picture, `action:reply` about all
 * of the reply. The same rules.
 */
export async function readPictures(
  click: Click,
  context: Pick<HandlerContext, 'store'>,
): Promise<{ reply: StoredReply; generations: readonly StoredGeneration[] }> {
  const [replyId, generationId] = readActionIds(click.customId);
  const reply = await readReply(replyId, click, context);
  return { reply, generations: picturesOf(reply, generationId) };
}

/**
 * One picture of a reply, or all of them without an id.
 *
 * @throws Failure `limit` with `not_kept`.
 */
export function picturesOf(reply: StoredReply, generationId?: string): StoredGeneration[] {
  if (generationId === undefined) return reply.generations;
  const chosen = reply.generations.filter(({ id }) => id === generationId);
  if (chosen.length === 0) throw refuse('not_kept');
  return chosen;
}

/** Their own wherever it is, and what everybody sees in this very channel. */
export function maySee(reply: ReplyFacts, { user, channelId }: BaseInteraction): boolean {
  return reply.userId === user.id || (!reply.ephemeral && reply.channelId === channelId);
}

/** Whether only the one who asked sees a message. */
export function isPrivateMessage(message: Message | null): boolean {
  return message?.flags.has(MessageFlags.Ephemeral) ?? false;
}

/**
 * Whether what a picture's button leads to is for who clicks alone: a public picture may be shown
 * in private, as `/history` does, and what is done with it there stays there.
 */
export function isPrivateClick(
  { message }: { message: Message | null },
  reply?: Pick<ReplyFacts, 'ephemeral'>,
): boolean {
  return isPrivateMessage(message) || (reply?.ephemeral ?? false);
}

/**
 * The reply that a button is about, for its owner and for those who may manage messages, by what
 * Discord says with this interaction. The same rules.
 *
 * @throws Failure `limit` with `not_yours`.
 */
export async function readReplyToManage(
  click: Click,
  context: Pick<HandlerContext, 'store'>,
): Promise<StoredReply> {
  const [replyId] = readActionIds(click.customId);
  const reply = await readReply(replyId, click, context);
  const isModerator = click.memberPermissions?.has(PermissionFlagsBits.ManageMessages);
  if (reply.userId !== click.user.id && !isModerator) throw refuse('not_yours');
  return reply;
}
