import { StringSelectMenuInteraction } from 'discord.js';
import { refuse } from '../../src/admission/policy.ts';
import type { Click, ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { isPrivateClick, picturesOf, readActionIds, readReply } from './access.ts';
import { type Redo, redoForm, redoMode, submitRedo } from './again.ts';
import { submitEnlarged } from './enlarge.ts';

/**
 * The menu under several pictures that earlier versions sent, which is still on their messages: one
 * of them larger, or again. Buttons have taken its place, as Discord's apps do not fire a choice
 * that is chosen already.
 */
export const galleryMenu: ComponentHandler = {
  name: 'pick',
  async acknowledge(click: Click, context: HandlerContext) {
    if (readChoice(click).action === 'again') {
      return await redoMode(() => readRedo(click, context), context);
    }
    const [replyId] = readActionIds(click.customId);
    const reply = await readReply(replyId, click, context).catch(() => null);
    return reply === null || isPrivateClick(click, reply) ? 'private' : 'public';
  },
  open: async (click: Click, context: HandlerContext) =>
    await redoForm(await readRedo(click, context), click, context),
  async execute(click: Click, target, context) {
    const choice = readChoice(click);
    if (choice.action === 'enlarge') await submitEnlarged(choice, click, target, context);
    else if (choice.action === 'again') {
      await submitRedo(await readRedo(click, context), click, target, context);
    } else throw refuse('not_kept');
  },
};

function readChoice(click: Click) {
  const value = click instanceof StringSelectMenuInteraction ? click.values[0] : '';
  const [action = '', generationId, size] = (value ?? '').split(':');
  return { action, generationId, size };
}

async function readRedo(click: Click, context: HandlerContext): Promise<Redo> {
  const [replyId] = readActionIds(click.customId);
  const reply = await readReply(replyId, click, context);
  const generations = picturesOf(reply, readChoice(click).generationId ?? '');
  return { generations, isPrivate: isPrivateClick(click, reply) };
}
