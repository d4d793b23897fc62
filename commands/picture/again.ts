import { refuse } from '../../src/admission/policy.ts';
import type { Click, ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/reply-target.ts';
import type { ReplyTarget } from '../../src/domain.ts';
import { actionId } from '../../src/reply/render/buttons.ts';
import type { StoredGeneration } from '../../src/store/store.ts';
import { isPrivateClick, readPictures } from './access.ts';
import { openEditForm } from './edit-form.ts';
import { findUsableReferences } from './usable-references.ts';

/** What is to be asked for once more, and whether for who clicks alone. */
export interface Redo {
  generations: readonly StoredGeneration[];
  isPrivate: boolean;
}

/**
 * What asks for the same once more, as a new reply that links to its origin, at the cost of who
 * clicks. Where a picture that it went by is gone, the form opens and asks for it.
 */
export function redoHandler(
  name: string,
  read: (click: Click, context: HandlerContext) => Promise<Redo>,
) {
  return {
    name,
    /** In private also where `execute` will say that there is nothing for this person. */
    async acknowledge(click: Click, context: HandlerContext) {
      const redo = await read(click, context).catch(() => null);
      const requests = redo === null ? [] : requestsOf(redo);
      if (redo === null || requests.length === 0) return 'private';
      const references = requests.flatMap((request) => request.references);
      const usable = await findUsableReferences(references, context.images);
      if (usable.length < references.length) return 'modal';
      return redo.isPrivate ? 'private' : 'public';
    },
    /** The form that asks for the missing picture, with everything else as it was. */
    async open(click: Click, context: HandlerContext) {
      const { generations, isPrivate } = await read(click, context);
      const [first] = generations;
      if (!first?.request) throw refuse('erased');
      const { prompt: instruction, model, size, ratio } = first.request;
      const visibility = isPrivate ? 'private' : 'public';
      const count = String(generations.length);
      const customId = actionId('change', visibility, 'redo', first.id, count);
      const defaults = { customId, instruction, model, size, ratio, needsPicture: true };
      return await openEditForm(defaults, click, context);
    },
    async execute(click: Click, target: ReplyTarget, context: HandlerContext) {
      const redo = await read(click, context);
      const requests = requestsOf(redo);
      const [first] = redo.generations;
      if (requests.length === 0 || first === undefined) throw refuse('erased');
      await context.generations.submit({
        command: 'again',
        target,
        requests,
        origin: { replyId: first.replyId, generationId: first.id },
        roleIds: readRoleIds(click),
      });
    },
  } satisfies ComponentHandler;
}

function requestsOf({ generations }: Redo) {
  return generations.flatMap(({ request }) => request ?? []);
}

/** *Again* under a picture, or for all of a reply. */
export const again: ComponentHandler = redoHandler('again', async (click, context) => {
  const { reply, generations } = await readPictures(click, context);
  return { generations, isPrivate: isPrivateClick(click, reply) };
});
