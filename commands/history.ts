import { type BaseInteraction, InteractionContextType } from 'discord.js';
import { settingsOf } from '../src/admission/effective-settings.ts';
import { refuse } from '../src/admission/policy.ts';
import type {
  Click,
  ComponentHandler,
  HandlerContext,
  ImageSources,
  SlashCommand,
} from '../src/discord/handlers.ts';
import type { ReplyTarget } from '../src/domain.ts';
import { FILES_KEPT_MS } from '../src/generation/housekeeping.ts';
import { doneStateOf } from '../src/generation/recovery.ts';
import { ENTRIES_PER_PAGE, historyPage, readTurn } from '../src/pages/history-page.ts';
import type { HistoryPage, ReplyFacts, StoredGeneration } from '../src/store/store.ts';
import { readActionIds } from './picture/access.ts';
import { redoHandler } from './picture/again.ts';

const data = {
  name: 'history',
  description: 'Your pictures, newest first: see them, ask again, fetch what did not arrive',
  contexts: [InteractionContextType.Guild, InteractionContextType.BotDM],
} as const satisfies SlashCommand['data'];

/** `/history`: mine, newest first. */
export const history: SlashCommand = {
  data: data as SlashCommand['data'],
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    await showPage('', interaction, target, context);
  },
};

/** Turns a page. The place is in the button; whose pictures they are is up to who clicks. */
const turn: ComponentHandler = {
  name: 'history',
  acknowledge: 'update',
  anywhere: true,
  async execute(interaction, target, context) {
    await showPage(interaction.customId, interaction, target, context);
  },
};

/** Asks for the same once more, as a reply of its own, shown to whom the first one was. */
const again: ComponentHandler = redoHandler('history-again', async (click, { store }) => {
  const generation = await readOwn(click, store);
  const reply = await store.replies.get(generation.replyId);
  if (reply === null) throw refuse('not_kept');
  return { generations: [generation], isPrivate: isPrivateHere(reply, click) };
});

/** Posts, to its own person only, a picture that could not be shown when it was made. */
const fetchPicture: ComponentHandler = {
  name: 'history-fetch',
  anywhere: true,
  acknowledge: 'private',
  async execute(interaction, target, context) {
    const { store, images, operator, openLiveReply } = context;
    const generation = await readOwn(interaction, store);
    const image = await images.findPicture(generation.id);
    const { id: generationId, replyId, request } = generation;
    if (image === null || request === null) throw refuse('not_kept');
    const { largestSize } = await settingsOf(target.guildId, store, operator);
    const common = { id: generationId, replyId, request, largestSize };
    const subject = { ...common, isPrivate: true, origin: null };
    // Nobody stops a fetch: it takes seconds, and the picture stays where it is.
    const { signal } = new AbortController();
    const lives = openLiveReply(target, [{ subject, end: null }], () => {});
    const delivery = await lives
      .get(generationId)
      ?.deliver(doneStateOf(subject, image, generation), signal);
    if (delivery?.to === 'later') throw refuse('fetch_later');
  },
};

export const historyComponents = [turn, again, fetchPicture];

async function showPage(
  customId: string,
  interaction: BaseInteraction,
  target: ReplyTarget,
  context: HandlerContext,
): Promise<void> {
  const { pages, texts, retention } = context;
  const page = await readPage(customId, interaction.user.id, context.store);
  const kept = await findKept(page, context.images);
  await pages.show(target, historyPage(page, { kept, retentionDays: retention.days, texts }));
}

/** A page by its button; the first one where that leads nowhere, or back to the beginning. */
async function readPage(
  customId: string,
  userId: string,
  { history }: HandlerContext['store'],
): Promise<HistoryPage> {
  const limit = ENTRIES_PER_PAGE;
  const place = readTurn(customId);
  if (place !== undefined) {
    const page = await history.page(userId, { limit, ...place });
    const isFull = page.entries.length === limit;
    if ('older' in place ? page.entries.length > 0 : isFull && page.newer) return page;
  }
  return await history.page(userId, { limit });
}

/** Which pictures were never shown but are still on disk, and until when. */
async function findKept(
  { entries }: HistoryPage,
  { findPicture }: ImageSources,
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

/** What was private, or made elsewhere, stays between the bot and its person. */
function isPrivateHere(reply: ReplyFacts, { guildId, channelId }: BaseInteraction): boolean {
  if (reply.ephemeral || reply.guildId !== guildId) return true;
  // Outside of servers each chat has people of its own.
  return guildId === null && reply.channelId !== channelId;
}

/**
 * The picture that a button names, if it is of the person who clicked: an id alone opens nothing.
 *
 * @throws Failure `limit` with `not_kept` or `somebody_elses`.
 */
async function readOwn(
  { customId, user }: Click,
  { generations }: HandlerContext['store'],
): Promise<StoredGeneration> {
  const [id] = readActionIds(customId);
  const generation = id === undefined ? null : await generations.get(id);
  if (generation === null) throw refuse('not_kept');
  if (generation.userId !== user.id) throw refuse('somebody_elses');
  return generation;
}
