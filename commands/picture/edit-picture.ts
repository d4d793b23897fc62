import { ModalSubmitInteraction } from 'discord.js';
import { nanoid } from 'nanoid';
import { refuse } from '../../src/admission/policy.ts';
import { waitAtMost } from '../../src/async/wait-at-most.ts';
import { STORE_WRITE_TIMEOUT_MS } from '../../src/discord/acknowledge.ts';
import type {
  Click,
  ComponentHandler,
  HandlerContext,
  MessageCommand,
} from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/reply-target.ts';
import { isImageFileOf } from '../../src/discord-http/message-file.ts';
import { MAX_IMAGES_PER_REPLY, type Problem, type Reference } from '../../src/domain.ts';
import type { Origin } from '../../src/store/store.ts';
import type { LeftOut } from '../../src/texts/english.ts';
import { readPrompt } from '../../src/word-filter/visible-text.ts';
import { isPrivateMessage, readActionIds, readPicture } from './access.ts';
import { ownReference, readClickedPicture } from './clicked-picture.ts';
import { openEditForm, readEditForm, readInstruction } from './edit-form.ts';
import { imagesIn } from './message-images.ts';
import { findUsableReferences } from './usable-references.ts';

/** What a form starts with, where nothing is known of the picture. */
const EMPTY = {
  instruction: '',
  model: 'flash',
  size: '1K',
  ratio: null,
  needsPicture: false,
} as const;

/** *Edit* under a picture: opens the form that asks what should be different. */
export const editButton: ComponentHandler = {
  name: 'edit',
  acknowledge: 'modal',
  async open(interaction: Click, context: HandlerContext) {
    const [generationId] = readActionIds(interaction.customId);
    const { isPrivate, model, size } = await readClickedPicture(generationId, interaction, context);
    const customId = `change:${isPrivate ? 'private' : 'public'}:own:${generationId}`;
    const defaults = { ...EMPTY, customId, model, size: size ?? EMPTY.size };
    return await openEditForm(defaults, interaction, context);
  },
};

/** *Edit picture* in the menu of any message that shows one, whoever wrote it. */
export const editPicture: MessageCommand = {
  data: { type: 3, name: 'Edit picture' },
  acknowledge: 'modal',
  async open(interaction, context) {
    const { targetMessage: message, user } = interaction;
    const own = await context.store.replies.findByMessage(message.id);
    const made = own?.generations.filter(({ state }) => state === 'delivered') ?? [];
    const { images, leftOut } = imagesIn(message, context.images.attachmentHosts);
    if (images.length === 0) throw refuse(whyNothing(leftOut));
    const references = images.map((image) => {
      const generation = made.find(({ id }) => isImageFileOf(id, image.name));
      return generation === undefined ? image : ownReference(generation, image.url);
    });
    const id = nanoid();
    // The form can wait for the store while the person writes; Discord does not wait for the form.
    await waitAtMost(STORE_WRITE_TIMEOUT_MS, context.store.selections.put(id, user.id, references));
    const isPrivate = own?.ephemeral ?? isPrivateMessage(message);
    const customId = `change:${isPrivate ? 'private' : 'public'}:picked:${id}`;
    const { model, size } = made[0] ?? EMPTY;
    const pictures = { taken: images.length, leftOut };
    const defaults = { ...EMPTY, customId, model, size, pictures };
    return await openEditForm(defaults, interaction, context);
  },
};

/** What to say of a message without an image that can be edited: of the most that it shows. */
function whyNothing(leftOut: readonly LeftOut[]): Problem<'limit'> {
  if (leftOut.includes('elsewhere')) return 'unreachable_picture';
  if (leftOut.includes('sticker')) return 'sticker';
  return leftOut.includes('other_file') ? 'other_files' : 'no_picture';
}

/** The filled form, whatever opened it. */
export const submittedForm: ComponentHandler = {
  name: 'change',
  acknowledge: ({ customId }: { customId: string }) =>
    readActionIds(customId)[0] === 'private' ? 'private' : 'public',
  typed: (interaction: Click) =>
    interaction instanceof ModalSubmitInteraction ? readPrompt(readInstruction(interaction)) : '',
  async execute(interaction: Click, target, context) {
    if (!(interaction instanceof ModalSubmitInteraction)) throw refuse('form_over');
    const { references, origin, count, isPictureMissing } = await readSource(interaction, context);
    const { instruction: prompt, files, ratio, size, model } = readEditForm(interaction);
    if (readPrompt(prompt) === '') throw refuse('no_words');
    if (isPictureMissing && files.length === 0) throw refuse('picture_missing');
    const common = { intent: 'edit' as const, prompt, model, size, ratio };
    const request = { ...common, references: [...references, ...files] };
    await context.generations.submit({
      command: 'edit',
      target,
      requests: Array.from({ length: count }, () => request),
      origin,
      roleIds: readRoleIds(interaction),
    });
  },
};

interface Source {
  references: Reference[];
  origin: Origin | null;
  count: number;
  /** Whether a picture that it went by is gone, so that the form had to ask for one. */
  isPictureMissing: boolean;
}

/** What the form is about: one of our pictures, something pointed at, or a request to be redone. */
async function readSource(
  interaction: ModalSubmitInteraction,
  context: HandlerContext,
): Promise<Source> {
  const [, kind, id, wanted] = readActionIds(interaction.customId);
  if (kind === 'own') {
    const { reference, origin } = await readClickedPicture(id, interaction, context);
    return { references: [reference], origin, count: 1, isPictureMissing: false };
  }
  if (kind === 'redo') {
    const { reply, generation } = await readPicture(id, interaction, context);
    if (generation.request === null) throw refuse('erased');
    const { references } = generation.request;
    // What can still be had stays, in its order; what was added comes after it.
    const usable = await findUsableReferences(references, context.images);
    return {
      references: usable,
      origin: { replyId: reply.id, generationId: generation.id },
      count: Math.min(Math.max(Number(wanted) || 1, 1), MAX_IMAGES_PER_REPLY),
      isPictureMissing: usable.length < references.length,
    };
  }
  const references = await context.store.selections.get(id ?? '', interaction.user.id);
  if (references === null) throw refuse('form_over');
  const origin = await findOrigin(references, context);
  return { references, origin, count: 1, isPictureMissing: false };
}

async function findOrigin(
  references: readonly Reference[],
  { store }: HandlerContext,
): Promise<Origin | null> {
  const own = references.find((reference) => reference.kind === 'picture');
  const generation = own ? await store.generations.get(own.generationId) : null;
  return generation && { replyId: generation.replyId, generationId: generation.id };
}
