import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/target.ts';
import { IMAGE_SIZES, type ReplyTarget } from '../../src/domain.ts';
import type { Click } from './again.ts';
import { ownReference, readActionIds, readPicture, refuse } from './kept.ts';

/** *Enlarge*: the same picture with more pixels, from this one, everything in it kept. */
export const enlarge: ComponentHandler = {
  name: 'enlarge',
  acknowledge: ({ customId }: { customId: string }) =>
    readActionIds(customId)[2] === 'private' ? 'private' : 'public',
  async execute(interaction, target, context) {
    const [generationId, size] = readActionIds(interaction.customId);
    await submitEnlarged({ generationId, size }, interaction, target, context);
  },
};

/** Asks for a picture of our own once more, larger. */
export async function submitEnlarged(
  wanted: { generationId: string | undefined; size: string | undefined },
  interaction: Click,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
  const { reply, generation } = await readPicture(wanted.generationId, interaction, context);
  const size = IMAGE_SIZES.find((known) => known === wanted.size);
  if (size === undefined || generation.request === null) throw refuse('not_kept');
  const { model, ratio, prompt } = generation.request;
  const request = {
    prompt,
    model,
    size,
    ratio,
    references: [{ ...ownReference(generation, interaction.message), enlarge: true as const }],
  };
  await context.generations.submit({
    command: 'enlarge',
    target,
    requests: [request],
    origin: { replyId: reply.id, generationId: generation.id },
    roleIds: readRoleIds(interaction),
  });
}
