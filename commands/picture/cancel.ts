import { refuse } from '../../src/admission/policy.ts';
import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { readReplyToManage } from './access.ts';

/** *Cancel*, while it runs: for the one who asked, and for moderators. */
export const cancel: ComponentHandler = {
  name: 'cancel',
  anywhere: true,
  acknowledge: 'update',
  async execute(interaction, _target, context) {
    const { id } = await readReplyToManage(interaction, context);
    if (!(await context.generations.cancelReply(id))) throw refuse('has_ended');
  },
};
