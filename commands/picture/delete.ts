import { type BaseInteraction, InteractionContextType } from 'discord.js';
import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import type { ReplyTarget } from '../../src/domain.ts';
import { deletedPage, deletePage } from '../../src/reply/delete-page.ts';
import { ReplyError } from '../../src/reply/reply-error.ts';
import type { StoredReply } from '../../src/store/store.ts';
import { readActionIds, readReply, refuse, requireOwnerOrModerator } from './kept.ts';

/** *Delete*: asks first, in private. */
const ask: ComponentHandler = {
  name: 'delete',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    requireOwnerOrModerator(reply, interaction);
    context.clicks.keep(reply.id, target);
    await context.pages.add(target, deletePage(reply.id, context.texts));
  },
};

/** The answer to that: removes the message, and says so in place of the question. */
const confirm: ComponentHandler = {
  name: 'delete-yes',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    requireOwnerOrModerator(reply, interaction);
    const remove = wayToRemove(reply, interaction, target, context);
    await context.generations.cancelReply(reply.id);
    await remove().catch(whereItIsGone);
    await context.store.replies.setMessage(reply.id, null);
    await context.pages.show(target, deletedPage(context.texts));
  },
};

/**
 * By the bot's own token, where it may; where only a person installed it, by the token of the click
 * under the picture, whose message is the picture's.
 *
 * @throws Failure `limit` with `delete_again`, or `not_kept` where it was deleted before.
 */
function wayToRemove(
  { id, channelId, messageId }: StoredReply,
  interaction: BaseInteraction,
  { installContext, userId }: ReplyTarget,
  { clicks, deleteByClick, deleteMessage }: HandlerContext,
): () => Promise<void> {
  const isOurs = installContext === 'guild' || interaction.context === InteractionContextType.BotDM;
  if (isOurs) {
    if (channelId === null || messageId === null) throw refuse('not_kept');
    return () => deleteMessage({ channelId, messageId });
  }
  const click = clicks.find(id, userId);
  if (click === null) throw refuse('delete_again');
  return () => deleteByClick(click);
}

function whereItIsGone(error: unknown): void {
  if (!(error instanceof ReplyError)) throw error;
  if (error.kind === 'gone') return;
  if (error.kind === 'expired') throw refuse('delete_again');
  throw error.status === 403 ? refuse('cannot_delete_here') : error;
}

export const deleteComponents = [ask, confirm];
