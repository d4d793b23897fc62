import { refuse } from '../../src/admission/policy.ts';
import type { MessageCommand } from '../../src/discord/handlers.ts';
import { detailsPage } from '../../src/pages/details-page.ts';
import { maySee, readReply } from './access.ts';

/** *Picture details* in the menu of a message: everything that is known of it, in private. */
export const pictureDetails: MessageCommand = {
  data: { type: 3, name: 'Picture details' },
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const { store, pages, texts } = context;
    const found = await store.replies.findByMessage(interaction.targetMessage.id);
    if (found === null) {
      const isOurs = interaction.targetMessage.author.id === interaction.client.user.id;
      throw refuse(isOurs ? 'not_kept' : 'not_ours');
    }
    const reply = await readReply(found.id, interaction, context);
    const [first] = reply.generations;
    const lineage = first === undefined ? [] : await store.history.lineage(first.id);
    // A picture may come from where this person cannot look.
    const steps = lineage.map((step) => (maySee(step.reply, interaction) ? step : null));
    await pages.show(target, detailsPage(reply, steps, texts));
  },
};
