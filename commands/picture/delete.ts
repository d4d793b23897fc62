import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { deletedPage, deletePage } from '../../src/reply/delete-page.ts';
import { ReplyError } from '../../src/reply/reply-error.ts';
import { readActionIds, readReply, refuse, requireOwnerOrModerator } from './kept.ts';

/** *Delete*: asks first, in private. */
const ask: ComponentHandler = {
  name: 'delete',
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    requireOwnerOrModerator(reply, interaction);
    await context.pages.show(target, deletePage(reply.id, context.texts));
  },
};

/** The answer to that: removes the message, by the bot's own token. */
const confirm: ComponentHandler = {
  name: 'delete-yes',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    requireOwnerOrModerator(reply, interaction);
    const { channelId, messageId } = reply;
    if (channelId === null || messageId === null) throw refuse('not_kept');
    if (target.installContext === 'user') throw refuse('cannot_delete_here');
    await context.generations.cancelReply(reply.id);
    await context.deleteMessage({ channelId, messageId }).catch((error: unknown) => {
      const isForbidden = error instanceof ReplyError && error.status === 403;
      throw isForbidden ? refuse('cannot_delete_here') : error;
    });
    await context.store.replies.setMessage(reply.id, null);
    await context.pages.show(target, deletedPage(context.texts));
  },
};

export const deleteComponents = [ask, confirm];
