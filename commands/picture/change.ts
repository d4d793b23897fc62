import { type BaseInteraction, type ModalBuilder, ModalSubmitInteraction } from 'discord.js';
import { nanoid } from 'nanoid';
import { atMost, LEDGER_PATIENCE_MS } from '../../src/discord/at-most.ts';
import type {
  ComponentHandler,
  HandlerContext,
  MessageCommand,
} from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/target.ts';
import type { Reference } from '../../src/domain.ts';
import type { Origin } from '../../src/store/store.ts';
import { pictureForm, readForm } from './form.ts';
import {
  findGoodReferences,
  ownReference,
  picturesIn,
  readActionIds,
  readPicture,
  refuse,
} from './kept.ts';

/** *Edit* under a picture: opens the form that asks what should be different. */
export const edit: ComponentHandler = {
  name: 'edit',
  acknowledge: 'modal',
  open: (interaction: BaseInteraction & { customId: string }, context: HandlerContext) =>
    editForm(readActionIds(interaction.customId)[0], interaction, context),
};

/** The form for one of our own pictures. */
export async function editForm(
  generationId: string | undefined,
  interaction: BaseInteraction,
  context: HandlerContext,
): Promise<ModalBuilder> {
  const { reply, generation } = await readPicture(generationId, interaction, context);
  const { model, size } = generation;
  const customId = `change:${reply.ephemeral ? 'private' : 'public'}:own:${generation.id}`;
  const defaults = { customId, instruction: '', model, size, ratio: null, needsPicture: false };
  return pictureForm(defaults, context.texts);
}

/** *Edit picture* in the menu of any message that shows one, whoever wrote it. */
export const editPicture: MessageCommand = {
  data: { type: 3, name: 'Edit picture' },
  acknowledge: 'modal',
  async open(interaction, context) {
    const message = interaction.targetMessage;
    const own = await context.store.replies.findByMessage(message.id);
    const [generation] = own?.generations.filter(({ state }) => state === 'delivered') ?? [];
    const pictures = picturesIn(message);
    if (pictures.length === 0) throw refuse('no_picture');
    const references =
      generation === undefined
        ? pictures
        : [ownReference(generation, message), ...pictures.slice(1)];
    const id = nanoid();
    // The form can wait for the ledger while the person writes; Discord does not wait for the form.
    await atMost(
      LEDGER_PATIENCE_MS,
      context.store.selections.put(id, interaction.user.id, references),
    );
    const customId = `change:${own?.ephemeral ? 'private' : 'public'}:picked:${id}`;
    const { model = 'flash', size = '1K' } = generation ?? {};
    return pictureForm(
      { customId, instruction: '', model, size, ratio: null, needsPicture: false },
      context.texts,
    );
  },
};

/** The filled form, whatever opened it. */
export const change: ComponentHandler = {
  name: 'change',
  acknowledge: ({ customId }: { customId: string }) =>
    readActionIds(customId)[0] === 'private' ? 'private' : 'public',
  async execute(interaction, target, context) {
    if (!(interaction instanceof ModalSubmitInteraction)) throw refuse('not_kept');
    const { references, origin, count } = await readSource(interaction, context);
    const { instruction: prompt, files, ratio, size, model } = readForm(interaction);
    const request = { prompt, model, size, ratio, references: [...references, ...files] };
    await context.generations.submit({
      command: 'edit',
      target,
      requests: Array.from({ length: count }, () => request),
      origin,
      roleIds: readRoleIds(interaction),
    });
  },
};

/** What one message may show. */
const MAX_PICTURES = 4;

/** What the form is about: one of our pictures, something pointed at, or a request to be redone. */
async function readSource(
  interaction: ModalSubmitInteraction,
  context: HandlerContext,
): Promise<{ references: Reference[]; origin: Origin | null; count: number }> {
  const [, kind, id, wanted] = readActionIds(interaction.customId);
  if (kind === 'own') {
    const { reply, generation } = await readPicture(id, interaction, context);
    return {
      references: [ownReference(generation, interaction.message)],
      origin: { replyId: reply.id, generationId: generation.id },
      count: 1,
    };
  }
  if (kind === 'redo') {
    const { reply, generation } = await readPicture(id, interaction, context);
    // What can still be had stays, in its order; what was added comes after it.
    const kept = await findGoodReferences(generation.request?.references ?? [], context);
    return {
      references: kept,
      origin: { replyId: reply.id, generationId: generation.id },
      count: Math.min(Math.max(Number(wanted) || 1, 1), MAX_PICTURES),
    };
  }
  const references = await context.store.selections.get(id ?? '', interaction.user.id);
  if (references === null) throw refuse('not_kept');
  return { references, origin: await findOrigin(references, context), count: 1 };
}

async function findOrigin(
  references: readonly Reference[],
  { store }: HandlerContext,
): Promise<Origin | null> {
  const generationId = references.find((reference) => reference.generationId)?.generationId;
  const generation = generationId ? await store.generations.get(generationId) : null;
  return generation && { replyId: generation.replyId, generationId: generation.id };
}
