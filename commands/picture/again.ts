import type { MessageComponentInteraction, ModalBuilder, ModalSubmitInteraction } from 'discord.js';
import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/target.ts';
import type { GenerationRequest, ReplyTarget } from '../../src/domain.ts';
import { actionId } from '../../src/reply/buttons.ts';
import type { StoredGeneration, StoredReply } from '../../src/store/store.ts';
import { readActionIds, readReply, refuse } from './access.ts';
import { findGoodReferences } from './clicked-picture.ts';
import { openPictureForm } from './edit-form.ts';

export type Click = MessageComponentInteraction | ModalSubmitInteraction;

/**
 * *Again*: the same request as a new reply that links to its origin, at the cost of who clicks.
 * Where a picture that it went by is gone, the form opens and asks for it.
 */
export const again: ComponentHandler = {
  name: 'again',
  async acknowledge(interaction: Click, context: HandlerContext) {
    const reply = await lookUp(readActionIds(interaction.customId)[0], interaction, context);
    return reply === null ? 'private' : await waysToRedo(reply, reply.generations, context);
  },
  async open(interaction: Click, context: HandlerContext) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    const { generations } = reply;
    return await redoForm(reply, generations[0], generations.length, interaction, context);
  },
  async execute(interaction: Click, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    await redo(reply, reply.generations, interaction, target, context);
  },
};

/** The reply, or null where `execute` will say that it is not for this person. */
export async function lookUp(
  replyId: string | undefined,
  interaction: Click,
  context: HandlerContext,
): Promise<StoredReply | null> {
  return await readReply(replyId, interaction, context).catch(() => null);
}

/** How to answer who asks for these again: by a form where a picture to go by is gone. */
export async function waysToRedo(
  reply: Pick<StoredReply, 'ephemeral'>,
  generations: readonly StoredGeneration[],
  context: HandlerContext,
): Promise<'modal' | 'private' | 'public'> {
  const references = requestsOf(generations).flatMap((request) => request.references);
  const good = await findGoodReferences(references, context);
  if (good.length < references.length) return 'modal';
  return reply.ephemeral ? 'private' : 'public';
}

/** The form that asks for the missing picture, with everything else as it was. */
export async function redoForm(
  reply: Pick<StoredReply, 'ephemeral'>,
  generation: StoredGeneration | undefined,
  count: number,
  interaction: Click,
  context: HandlerContext,
): Promise<ModalBuilder> {
  if (!generation?.request) throw refuse('erased');
  const { prompt: instruction, model, size, ratio } = generation.request;
  const visibility = reply.ephemeral ? 'private' : 'public';
  const customId = actionId('change', visibility, 'redo', generation.id, String(count));
  const defaults = { customId, instruction, model, size, ratio, needsPicture: true };
  return await openPictureForm(defaults, interaction, context);
}

/** Submits the same requests once more. */
export async function redo(
  reply: StoredReply,
  generations: readonly StoredGeneration[],
  interaction: Click,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
  const requests = requestsOf(generations);
  const [first] = generations;
  if (requests.length === 0 || first === undefined) throw refuse('erased');
  await context.generations.submit({
    command: 'again',
    target,
    requests,
    origin: { replyId: reply.id, generationId: first.id },
    roleIds: readRoleIds(interaction),
  });
}

function requestsOf(generations: readonly StoredGeneration[]): GenerationRequest[] {
  return generations.flatMap(({ request }) => request ?? []);
}
