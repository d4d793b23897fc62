import type { ModalBuilder } from 'discord.js';
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
 * *Again*: the same request as a new reply that links to its origin, at the cost of who clicks.
 * Where a picture that it went by is gone, the form opens and asks for it.
 */
export const again: ComponentHandler = {
  name: 'again',
  acknowledge: (click: Click, context: HandlerContext) =>
    redoMode(() => readRedo(click, context), context),
  open: async (click: Click, context: HandlerContext) =>
    await redoForm(await readRedo(click, context), click, context),
  async execute(click: Click, target, context) {
    await submitRedo(await readRedo(click, context), click, target, context);
  },
};

async function readRedo(click: Click, context: HandlerContext): Promise<Redo> {
  const { reply, generations } = await readPictures(click, context);
  return { generations, isPrivate: isPrivateClick(click, reply) };
}

/**
 * How to answer who asks for something again: by a form where a picture to go by is gone, and in
 * private where `execute` will say that there is nothing for this person.
 */
export async function redoMode(
  read: () => Promise<Redo>,
  context: HandlerContext,
): Promise<'modal' | 'private' | 'public'> {
  const redo = await read().catch(() => null);
  const requests = redo === null ? [] : requestsOf(redo);
  if (redo === null || requests.length === 0) return 'private';
  const references = requests.flatMap((request) => request.references);
  const usable = await findUsableReferences(references, context.images);
  if (usable.length < references.length) return 'modal';
  return redo.isPrivate ? 'private' : 'public';
}

/** The form that asks for the missing picture, with everything else as it was. */
export async function redoForm(
  { generations, isPrivate }: Redo,
  click: Click,
  context: HandlerContext,
): Promise<ModalBuilder> {
  const [first] = generations;
  if (!first?.request) throw refuse('erased');
  const { prompt: instruction, model, size, ratio } = first.request;
  const visibility = isPrivate ? 'private' : 'public';
  const customId = actionId('change', visibility, 'redo', first.id, String(generations.length));
  const defaults = { customId, instruction, model, size, ratio, needsPicture: true };
  return await openEditForm(defaults, click, context);
}

/**
 * Submits the same requests once more.
 *
 * @throws Failure `limit` with `erased`; whatever `submit` throws.
 */
export async function submitRedo(
  redo: Redo,
  click: Click,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
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
}

function requestsOf({ generations }: Redo) {
  return generations.flatMap(({ request }) => request ?? []);
}
