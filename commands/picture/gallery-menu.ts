import { StringSelectMenuInteraction } from 'discord.js';
import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import type { StoredGeneration, StoredReply } from '../../src/store/store.ts';
import { readActionIds, readReply, refuse } from './access.ts';
import { type Click, lookUp, redo, redoForm, waysToRedo } from './again.ts';
import { submitEnlarged } from './enlarge.ts';

/** The choice under several pictures: one of them larger, or again. */
export const pick: ComponentHandler = {
  name: 'pick',
  async acknowledge(interaction: Click, context: HandlerContext) {
    const { action, generationId } = readChoice(interaction);
    const reply = await lookUp(readActionIds(interaction.customId)[0], interaction, context);
    if (reply === null) return 'private';
    const chosen = reply.generations.filter(({ id }) => id === generationId);
    if (action === 'again') return await waysToRedo(reply, chosen, context);
    return reply.ephemeral ? 'private' : 'public';
  },
  async open(interaction: Click, context: HandlerContext) {
    const { reply, generation } = await findChosen(interaction, context);
    return await redoForm(reply, generation, 1, interaction, context);
  },
  async execute(interaction: Click, target, context) {
    const { action, generationId, size } = readChoice(interaction);
    if (action === 'enlarge') {
      await submitEnlarged({ generationId, size }, interaction, target, context);
      return;
    }
    if (action !== 'again') throw refuse('not_kept');
    const { reply, generation } = await findChosen(interaction, context);
    await redo(reply, [generation], interaction, target, context);
  },
};

function readChoice(interaction: Click) {
  const value = interaction instanceof StringSelectMenuInteraction ? interaction.values[0] : '';
  const [action = '', generationId, size] = (value ?? '').split(':');
  return { action, generationId, size };
}

async function findChosen(
  interaction: Click,
  context: HandlerContext,
): Promise<{ reply: StoredReply; generation: StoredGeneration }> {
  const { generationId } = readChoice(interaction);
  const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
  const generation = reply.generations.find(({ id }) => id === generationId);
  if (generation === undefined) throw refuse('not_kept');
  return { reply, generation };
}
