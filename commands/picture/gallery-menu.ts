import { StringSelectMenuInteraction } from 'discord.js';
import { refuse } from '../../src/admission/policy.ts';
import type { Click, ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { isPrivateClick, picturesOf, readActionIds, readReply } from './access.ts';
import { redoHandler } from './again.ts';
import { submitEnlarged } from './enlarge.ts';

const redo = redoHandler('pick', async (click, context) => {
  const [replyId] = readActionIds(click.customId);
  const reply = await readReply(replyId, click, context);
  const generations = picturesOf(reply, readChoice(click).generationId ?? '');
  return { generations, isPrivate: isPrivateClick(click, reply) };
});

/**
 * The menu under several pictures that earlier versions sent, which is still on their messages: one
 * of them larger, or again. Buttons have taken its place, as Discord's apps do not fire a choice
 * that is chosen already.
 */
export const galleryMenu: ComponentHandler = {
  ...redo,
  async acknowledge(click: Click, context: HandlerContext) {
    if (readChoice(click).action === 'again') return await redo.acknowledge(click, context);
    const [replyId] = readActionIds(click.customId);
    const reply = await readReply(replyId, click, context).catch(() => null);
    return reply === null || isPrivateClick(click, reply) ? 'private' : 'public';
  },
  async execute(click: Click, target, context) {
    const choice = readChoice(click);
    if (choice.action === 'enlarge') await submitEnlarged(choice, click, target, context);
    else if (choice.action === 'again') await redo.execute(click, target, context);
    else throw refuse('not_kept');
  },
};

function readChoice(click: Click) {
  const value = click instanceof StringSelectMenuInteraction ? click.values[0] : '';
  const [action = '', generationId, size] = (value ?? '').split(':');
  return { action, generationId, size };
}
