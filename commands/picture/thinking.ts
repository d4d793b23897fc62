import type { ComponentHandler } from '../../src/discord/handlers.ts';
import { thinkingPage } from '../../src/pages/thinking-page.ts';
import { readPictures } from './access.ts';

/** *Thinking*: the whole transcript of a picture, or of all of a reply, for who clicks alone. */
export const thinking: ComponentHandler = {
  name: 'thinking',
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const { reply, generations } = await readPictures(interaction, context);
    const transcripts = await Promise.all(
      generations.map(({ id }) => context.store.generations.transcript(id)),
    );
    await context.pages.show(target, thinkingPage(transcripts, reply, context.texts));
  },
};
