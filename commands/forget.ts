import { setTimeout as pause } from 'node:timers/promises';
import { InteractionContextType } from 'discord.js';
import type { ComponentHandler, HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { type Forgotten, forgetAnswer, forgetQuestion } from '../src/pages/forget-page.ts';

const data = {
  name: 'forget',
  description: 'Delete what Darkroom has stored of you, after asking',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
} as const satisfies SlashCommand['data'];

/** How long cancelled pictures may take to come to their end, and how often that is looked at. */
const PATIENCE = { totalMs: 20_000, pollMs: 200 } as const;

/** `/forget`: says what goes and what stays, and asks. */
export const forget: SlashCommand = {
  data: data as SlashCommand['data'],
  anywhere: true,
  acknowledge: 'private',
  async execute(_interaction, target, { pages, texts }) {
    await pages.show(target, forgetQuestion(texts));
  },
};

/** The answer. Whoever clicks is who is forgotten, whatever the button says. */
const answer: ComponentHandler = {
  name: 'forget',
  acknowledge: 'update',
  anywhere: true,
  async execute(interaction, target, context) {
    const { pages, texts } = context;
    const isYes = interaction.customId === 'forget:yes';
    const result = isYes ? await forgetPerson(interaction.user.id, context) : KEPT;
    await pages.show(target, forgetAnswer(result, texts));
  },
};

export const forgetComponents = [answer];

const KEPT: Forgotten = { state: 'kept' };

async function forgetPerson(
  userId: string,
  { store, generations, retention }: Pick<HandlerContext, 'store' | 'generations' | 'retention'>,
): Promise<Forgotten> {
  // By a clock that nobody sets.
  const deadline = performance.now() + PATIENCE.totalMs;
  for (;;) {
    const unsettled = await store.replies.unsettled(userId);
    if (unsettled.length === 0 || performance.now() >= deadline) break;
    const open = unsettled.flatMap((reply) => reply.generations);
    await Promise.all(open.map(({ id }) => generations.cancel(id)));
    // Their replies still say that they were cancelled; the store tells when that is done.
    await pause(PATIENCE.pollMs);
  }
  const { erased, open } = await retention.forget(userId);
  // Pictures that were kept on disk belong to nobody now.
  await retention.sweepFiles();
  return open === 0 ? { state: 'done', erased } : { state: 'partly', open };
}
