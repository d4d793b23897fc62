import type { MessageComponentInteraction, ModalSubmitInteraction } from 'discord.js';
import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { readRoleIds } from '../../src/discord/target.ts';
import type { GenerationRequest } from '../../src/domain.ts';
import type { StoredReply } from '../../src/store/store.ts';
import { pictureForm } from './form.ts';
import { areReferencesGood, readActionIds, readReply, refuse } from './kept.ts';

type Click = MessageComponentInteraction | ModalSubmitInteraction;

/**
 * *Again*: the same request as a new reply that links to its origin, at the cost of who clicks.
 * Where a picture that it went by is gone, the form opens and asks for it.
 */
export const again: ComponentHandler = {
  name: 'again',
  async acknowledge(interaction: Click, context: HandlerContext) {
    const reply = await findReply(interaction, context);
    if (reply === null) return 'private';
    const isGood = requestsOf(reply).every(({ references }) => areReferencesGood(references));
    if (!isGood) return 'modal';
    return reply.ephemeral ? 'private' : 'public';
  },
  async open(interaction: Click, context: HandlerContext) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    const [request] = requestsOf(reply);
    if (request === undefined) throw refuse('not_kept');
    const { prompt: instruction, model, size } = request;
    const visibility = reply.ephemeral ? 'private' : 'public';
    const customId = `change:${visibility}:redo:${reply.id}`;
    return pictureForm({ customId, instruction, model, size, needsPicture: true }, context.texts);
  },
  async execute(interaction: Click, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    const requests = requestsOf(reply);
    const [first] = reply.generations;
    if (requests.length === 0 || first === undefined) throw refuse('not_kept');
    await context.generations.submit({
      command: 'again',
      target,
      requests,
      origin: { replyId: reply.id, generationId: first.id },
      roleIds: readRoleIds(interaction),
    });
  },
};

async function findReply(interaction: Click, context: HandlerContext): Promise<StoredReply | null> {
  try {
    return await readReply(readActionIds(interaction.customId)[0], interaction, context);
  } catch {
    // Said by `execute`, once the person was told to wait.
    return null;
  }
}

function requestsOf(reply: StoredReply): GenerationRequest[] {
  return reply.generations.flatMap(({ request }) => request ?? []);
}
