import { refuse } from '../../src/admission/policy.ts';
import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { readActionIds, readReply, requireOwnerOrModerator } from './access.ts';

/** *Cancel*, while it runs: for the one who asked, and for moderators. */
export const cancel: ComponentHandler = {
  name: 'cancel',
  anywhere: true,
  acknowledge: 'update',
  async execute(interaction, _target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    requireOwnerOrModerator(reply, interaction);
    if (!(await context.generations.cancelReply(reply.id))) throw refuse('has_ended');
  },
};
