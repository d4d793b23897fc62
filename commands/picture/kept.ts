import { setTimeout as delay } from 'node:timers/promises';
import { type BaseInteraction, type Message, PermissionFlagsBits } from 'discord.js';
import type { HandlerContext } from '../../src/discord/handlers.ts';
import { Failure, type Reference } from '../../src/domain.ts';
import { isExpired } from '../../src/images/references.ts';
import type { ReplyFacts, StoredGeneration, StoredReply } from '../../src/store/store.ts';

/** The words behind the first colon of a custom_id: the ids that `actionId` put there. */
export function readActionIds(customId: string): string[] {
  return customId.split(':').slice(1);
}

/**
 * A reply by the id in a button, for who clicked: their own wherever it is, anybody's open one in
 * its own channel. An id alone opens nothing.
 *
 * @throws Failure `limit` with `not_kept`.
 */
export async function readReply(
  replyId: string | undefined,
  interaction: BaseInteraction,
  { store }: Pick<HandlerContext, 'store'>,
): Promise<StoredReply> {
  const reply = replyId === undefined ? null : await store.replies.get(replyId);
  if (reply === null || !maySee(reply, interaction)) throw refuse('not_kept');
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

/** One of our own pictures as something to go by, its address as fresh as the message that has it. */
export function ownReference(generation: StoredGeneration, message: Message | null): Reference {
  const { id, attachment, image } = generation;
  const file = message === null ? null : findFile(message, id);
  return {
    url: file?.url ?? '',
    name: attachment?.name ?? `darkroom-${id}`,
    contentType: attachment?.mime ?? image?.mime ?? null,
    bytes: attachment?.bytes ?? image?.bytes ?? 0,
    generationId: id,
  };
}

/** The file of a generation in a message: attached, or shown by an embed, which hides it there. */
function findFile(message: Message, generationId: string): { url: string } | null {
  return (
    picturesIn(message).find(({ name }) => name.startsWith(`darkroom-${generationId}.`)) ?? null
  );
}

/** Every picture that a message shows, in order. */
export function picturesIn(message: Message): Reference[] {
  const attached = [...message.attachments.values()]
    .filter(({ contentType }) => contentType?.startsWith('image/') ?? true)
    .map(({ url, name, contentType, size }) => ({ url, name, contentType, bytes: size }));
  const shown = message.embeds.flatMap((embed) => {
    const url = embed.image?.url ?? null;
    if (url === null || !URL.canParse(url)) return [];
    const name = new URL(url).pathname.split('/').at(-1) ?? 'picture';
    return [{ url, name, contentType: null, bytes: 0 }];
  });
  const names = new Set(attached.map(({ name }) => name));
  return [...attached, ...shown.filter(({ name }) => !names.has(name))];
}

/** A click must be answered within 3 s; who is not found out by then is found out by the run. */
const LOOK_MS = 1_000;

/**
 * Those of a request's references that can still be had: the address is good, or it is one of our
 * own pictures, still on disk or in its message.
 */
export async function findGoodReferences(
  references: readonly Reference[],
  { findPicture, findOwnPictureUrl }: Pick<HandlerContext, 'findPicture' | 'findOwnPictureUrl'>,
): Promise<Reference[]> {
  async function isGood(reference: Reference): Promise<boolean> {
    const { url, generationId } = reference;
    if (url !== '' && !isExpired(url)) return true;
    if (generationId === undefined) return false;
    if (await findPicture(generationId)) return true;
    const tooLate = delay(LOOK_MS, true, { ref: false });
    const isThere = findOwnPictureUrl(reference).then((found) => found !== null);
    return await Promise.race([isThere, tooLate]);
  }
  const answers = await Promise.all(references.map(isGood));
  return references.filter((_, index) => answers[index]);
}

export function refuse(problem: string): Failure {
  return new Failure('limit', `not allowed: ${problem}`, { details: { problem } });
}
