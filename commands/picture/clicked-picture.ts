import type { BaseInteraction, Message } from 'discord.js';
import { refuse } from '../../src/admission/policy.ts';
import type { HandlerContext } from '../../src/discord/handlers.ts';
import { isImageFileOf } from '../../src/discord-http/message-file.ts';
import type { GenerationRequest, ImageSize, ModelKey, PictureReference } from '../../src/domain.ts';
import type { Origin, StoredGeneration } from '../../src/store/store.ts';
import type { Pixels } from '../../src/texts/image-shape.ts';
import { isPrivateClick, isPrivateMessage, readPicture } from './access.ts';
import { filesIn, type ShownFile } from './message-images.ts';

/** One of our own pictures, with what is still known of it. */
export interface ClickedPicture {
  reference: PictureReference;
  origin: Origin | null;
  isPrivate: boolean;
  model: ModelKey;
  /** What was asked for; null where only the message is left. */
  size: ImageSize | null;
  /** Of what came; null where neither the store nor Discord tells. */
  pixels: Pixels | null;
  /** null once retention erased it. */
  request: GenerationRequest | null;
}

/**
 * One of our own pictures for who clicked: by the store, or, where that was told to forget it, by
 * the message under whose picture they clicked.
 *
 * @throws Failure `limit` with `not_kept` or `somebody_elses`.
 */
export async function readClickedPicture(
  generationId: string | undefined,
  interaction: BaseInteraction & { message: Message | null },
  context: HandlerContext,
): Promise<ClickedPicture> {
  const { message } = interaction;
  if (generationId === undefined) throw refuse('not_kept');
  if ((await context.store.generations.get(generationId)) !== null) {
    const { reply, generation } = await readPicture(generationId, interaction, context);
    const { model, size, image, request } = generation;
    const origin = { replyId: reply.id, generationId };
    const file = findFile(message, generationId);
    const reference = ownReference(generation, file?.url ?? null);
    // Retention erases what the store knows of the file; Discord tells of the one it has.
    const pixels = image ?? file?.pixels ?? null;
    const isPrivate = isPrivateClick(interaction, reply);
    return { reference, origin, isPrivate, model, size, pixels, request };
  }
  const file = findFile(message, generationId);
  if (file === null) throw refuse('not_kept');
  const isPrivate = isPrivateMessage(message);
  // Still one of ours: fetched whatever its size, and made smaller where it must be.
  const { url, name, contentType, bytes } = file;
  const reference = { kind: 'picture' as const, generationId, url, name, contentType, bytes };
  const unknown = { origin: null, size: null, request: null };
  return { reference, isPrivate, model: 'flash', pixels: file.pixels, ...unknown };
}

/**
 * One of our own pictures as something to go by, its address as fresh as the message that has it.
 *
 * @param url The picture in that message; null where it is not there.
 */
export function ownReference(generation: StoredGeneration, url: string | null): PictureReference {
  const { id, attachment, image } = generation;
  return {
    kind: 'picture',
    generationId: id,
    url,
    name: attachment?.name ?? `darkroom-${id}`,
    contentType: attachment?.mime ?? image?.mime ?? null,
    bytes: attachment?.bytes ?? image?.bytes ?? null,
  };
}

/** The file of a generation in a message: attached, or shown by an embed, which hides it there. */
function findFile(message: Message | null, generationId: string): ShownFile | null {
  const files = message === null ? [] : filesIn(message);
  return files.find((file) => isImageFileOf(generationId, file.name)) ?? null;
}
