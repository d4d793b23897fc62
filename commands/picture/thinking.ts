import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { thinkingPage } from '../../src/pages/thinking-page.ts';
import { readActionIds, readReply } from './access.ts';

/** *Thinking*: the whole transcript, for who clicks alone. */
export const thinking: ComponentHandler = {
  name: 'thinking',
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const reply = await readReply(readActionIds(interaction.customId)[0], interaction, context);
    const transcripts = await Promise.all(
      reply.generations.map(({ id }) => context.store.generations.transcript(id)),
    );
    await context.pages.show(target, thinkingPage(transcripts, reply, context.texts));
  },
};
