import { type BaseInteraction, InteractionContextType } from 'discord.js';
import type { ComponentHandler, HandlerContext, SlashCommand } from '../src/discord/handlers.ts';
import { readRoleIds } from '../src/discord/target.ts';
import { Failure, type ReplyTarget } from '../src/domain.ts';
import { ENTRIES_PER_PAGE, historyPage, readTurn } from '../src/reply/history-page.ts';
import type { HistoryEntry, HistoryPage, StoredGeneration } from '../src/store/store.ts';

const data = {
  name: 'history',
  description: 'Your pictures, newest first: see them, ask again, fetch what did not arrive',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
} as const satisfies SlashCommand['data'];

/** The broom leaves files alone for a day after their generation ended. */
const FILES_KEPT_MS = 86_400_000;

/** `/history`: mine, newest first. */
export const history: SlashCommand = {
  data: data as SlashCommand['data'],
  acknowledge: 'private',
  async execute(interaction, target, context) {
    await showPage('', interaction, target, context);
  },
};

/** Turns a page. The place is in the button; whose pictures they are is up to who clicks. */
const turn: ComponentHandler = {
  name: 'history',
  acknowledge: 'update',
  async execute(interaction, target, context) {
    await showPage(interaction.customId, interaction, target, context);
  },
};

/** Asks for the same once more, as a reply of its own, shown to whom the first one was. */
const again: ComponentHandler = {
  name: 'history-again',
  acknowledge: ({ customId }: { customId: string }) =>
    customId.endsWith(':public') ? 'public' : 'private',
  async execute(interaction, target, { generations, store }) {
    const id = interaction.customId.split(':')[1];
    const { replyId, id: generationId, request } = await readOwn(id, interaction, store);
    if (request === null) throw notKept();
    await generations.submit({
      command: 'again',
      target,
      requests: [request],
      origin: { replyId, generationId },
      roleIds: readRoleIds(interaction),
    });
  },
};

/** Posts, to its own person only, a picture that could not be shown when it was made. */
const fetchPicture: ComponentHandler = {
  name: 'history-fetch',
  acknowledge: 'private',
  async execute(interaction, target, { store, findPicture, openLiveReply }) {
    const id = interaction.customId.split(':')[1];
    const generation = await readOwn(id, interaction, store);
    const image = await findPicture(generation.id);
    const { id: generationId, replyId, request } = generation;
    if (image === null || request === null) throw notKept();
    const { usage, costMicros, createdAt, developedAt } = generation;
    const durationMs = (developedAt ?? createdAt) - createdAt;
    const subject = { id: generationId, replyId, request, isPrivate: true, origin: null };
    const done = { ...subject, image, usage, costMicros, durationMs };
    // Nobody stops a fetch: it takes seconds, and the picture stays where it is.
    const { signal } = new AbortController();
    await openLiveReply(target, () => {}).deliver(done, signal);
  },
};

export const historyComponents = [turn, again, fetchPicture];

async function showPage(
  customId: string,
  interaction: BaseInteraction,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
  const { pages, texts, retentionDays } = context;
  const page = await readPage(customId, interaction.user.id, context.store);
  const kept = await findKept(page, context);
  const isPrivate = ({ reply }: HistoryEntry) =>
    reply.ephemeral || reply.guildId !== interaction.guildId;
  await pages.show(target, historyPage(page, { kept, isPrivate, retentionDays, texts }));
}

/** A page by its button; the first one where that leads nowhere, or back to the beginning. */
async function readPage(
  customId: string,
  userId: string,
  { history: ledger }: HandlerContext['store'],
): Promise<HistoryPage> {
  const limit = ENTRIES_PER_PAGE;
  const place = readTurn(customId);
  if (place !== undefined) {
    const page = await ledger.page(userId, { limit, ...place });
    const isFull = page.entries.length === limit;
    if ('older' in place ? page.entries.length > 0 : isFull && page.newer) return page;
  }
  return await ledger.page(userId, { limit });
}

/** Which pictures were never shown but are still on disk, and until when. */
async function findKept(
  { entries }: HistoryPage,
  { findPicture }: HandlerContext,
): Promise<Map<string, number>> {
  const kept = new Map<string, number>();
  for (const { generation } of entries) {
    const { id, state, concludedAt } = generation;
    const isUnseen = state === 'interrupted' || state === 'failed';
    if (!isUnseen || concludedAt === null) continue;
    if ((await findPicture(id)) !== null) kept.set(id, concludedAt + FILES_KEPT_MS);
  }
  return kept;
}

/** A picture by its id, if it is of the person who clicked: an id alone opens nothing. */
async function readOwn(
  id: string | undefined,
  { user }: BaseInteraction,
  { generations }: HandlerContext['store'],
): Promise<StoredGeneration> {
  const generation = id === undefined ? null : await generations.get(id);
  if (generation === null || generation.userId !== user.id) throw notKept();
  return generation;
}

function notKept(): Failure {
  return new Failure('limit', 'no such picture of this person', {
    details: { problem: 'not_kept' },
  });
}
