import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/target.ts';
import { IMAGE_SIZES } from '../../src/domain.ts';
import { ownReference, readActionIds, readPicture, refuse } from './kept.ts';

/** *Enlarge*: the same picture with more pixels, from this one, everything in it kept. */
export const enlarge: ComponentHandler = {
  name: 'enlarge',
  acknowledge: ({ customId }: { customId: string }) =>
    readActionIds(customId)[2] === 'private' ? 'private' : 'public',
  async execute(interaction, target, context) {
    const [generationId, wanted] = readActionIds(interaction.customId);
    const { reply, generation } = await readPicture(generationId, interaction, context);
    const size = IMAGE_SIZES.find((known) => known === wanted);
    if (size === undefined || generation.request === null) throw refuse('not_kept');
    const { model, ratio, prompt } = generation.request;
    const request = {
      prompt: context.texts.enlargeInstruction(prompt),
      model,
      size,
      ratio,
      references: [ownReference(generation, interaction.message)],
    };
    await context.generations.submit({
      command: 'enlarge',
      target,
      requests: [request],
      origin: { replyId: reply.id, generationId: generation.id },
      roleIds: readRoleIds(interaction),
    });
  },
};
