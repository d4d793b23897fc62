import { refuse } from '../../src/admission/policy.ts';
import type { Click, ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/reply-target.ts';
import { IMAGE_SIZES, type ImageSize, type ReplyTarget } from '../../src/domain.ts';
import { keptRatio, largerSizes } from '../../src/texts/image-shape.ts';
import { isPrivateClick, readActionIds } from './access.ts';
import { type ClickedPicture, readClickedPicture } from './clicked-picture.ts';

/** *Enlarge*: the same picture with more pixels, from this one, everything in it kept. */
export const enlarge: ComponentHandler = {
  name: 'enlarge',
  acknowledge: (click: Click) =>
    // Buttons of earlier versions say so themselves.
    isPrivateClick(click) || readActionIds(click.customId)[2] === 'private' ? 'private' : 'public',
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
  const shown = await readClickedPicture(wanted.generationId, interaction, context);
  const size = IMAGE_SIZES.find((known) => known === wanted.size);
  if (size === undefined || !sizesAbove(shown).includes(size)) throw refuse('not_larger');
  const request = {
    intent: 'enlarge' as const,
    // Its words go with the retention; the picture stays, and is all that the model needs.
    prompt: shown.request?.prompt ?? '',
    model: shown.model,
    size,
    ratio: keptRatio(shown.request?.ratio ?? null, shown.pixels),
    references: [shown.reference],
  };
  await context.generations.submit({
    command: 'enlarge',
    target,
    requests: [request],
    origin: shown.origin,
    roleIds: readRoleIds(interaction),
  });
}

/** By the file; by what was asked for where that is all that is known; any where nothing is. */
function sizesAbove({ pixels, size }: ClickedPicture): readonly ImageSize[] {
  if (pixels !== null) return largerSizes(pixels);
  return size === null ? IMAGE_SIZES : IMAGE_SIZES.slice(IMAGE_SIZES.indexOf(size) + 1);
}
