import { type BaseInteraction, InteractionContextType } from 'discord.js';
import { refuse } from '../../src/admission/policy.ts';
import type { ComponentHandler, HandlerContext } from '../../src/discord/handlers.ts';
import { isTransient, ReplyError } from '../../src/discord-http/errors.ts';
import type { Failure, Problem, ReplyTarget } from '../../src/domain.ts';
import { deletedPage, deletePage } from '../../src/pages/delete-page.ts';
import type { StoredReply } from '../../src/store/store.ts';
import { readReplyToManage } from './access.ts';

/** *Delete*: asks first, in private. */
const ask: ComponentHandler = {
  name: 'delete',
  anywhere: true,
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const reply = await readReplyToManage(interaction, context);
    context.deletions.clicks.keep(reply.id, target);
    await context.pages.add(target, deletePage(reply.id, context.texts));
  },
};

/** The answer to that: removes the message, and says so in place of the question. */
const confirm: ComponentHandler = {
  name: 'delete-yes',
  anywhere: true,
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const reply = await readReplyToManage(interaction, context);
    const { remove, whereForbidden } = deletionMethod(reply, interaction, target, context);
    await context.generations.cancelReply(reply.id);
    try {
      await remove();
    } catch (error) {
      if (!(error instanceof ReplyError)) throw error;
      if (error.kind !== 'gone') throw refusalOf(error, whereForbidden) ?? error;
    }
    await context.store.replies.setMessage(reply.id, null);
    await context.pages.show(target, deletedPage(context.texts));
  },
};

/**
 * By the token of the click under the picture, whose message is the picture's: it needs neither
 * membership nor sight of the channel. Where that is over, by the bot's own token.
 *
 * @returns also what to tell who clicked, where Discord forbids it.
 * @throws Failure `limit` with `delete_again` where it takes another click.
 */
function deletionMethod(
  { id, channelId, messageId }: StoredReply,
  interaction: BaseInteraction,
  { installContext, userId }: ReplyTarget,
  { deletions: { clicks, deleteByClick, deleteMessage } }: HandlerContext,
): { remove: () => Promise<void>; whereForbidden: Problem<'limit'> } {
  const click = clicks.find(id, userId);
  if (click !== null) {
    return { remove: () => deleteByClick(click), whereForbidden: 'cannot_delete_here' };
  }
  const isOurs = installContext === 'guild' || interaction.context === InteractionContextType.BotDM;
  if (!isOurs || channelId === null || messageId === null) throw refuse('delete_again');
  const remove = () => deleteMessage({ channelId, messageId });
  return { remove, whereForbidden: 'delete_again' };
}

/** What the person can do about it; null where that is nothing. */
function refusalOf(error: ReplyError, whereForbidden: Problem<'limit'>): Failure | null {
  if (error.kind === 'expired') return refuse('delete_again');
  if (isTransient(error)) return refuse('delete_later');
  return error.status === 403 ? refuse(whereForbidden) : null;
}

export const deleteComponents = [ask, confirm];
