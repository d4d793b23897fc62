import { setTimeout as delay } from 'node:timers/promises';
import type { ImageSources } from '../../src/discord/handlers.ts';
import { ReplyError } from '../../src/discord-http/errors.ts';
import type { PictureReference, Reference } from '../../src/domain.ts';
import { isExpired } from '../../src/images/references/download.ts';

/** A click must be answered within 3 s; what is not known by then the run finds out. */
const LOOKUP_TIMEOUT_MS = 1_000;

/**
 * Those of a request's references that can still be had: the address is good, or it is one of our
 * own pictures, still on disk or in its message. A good address says nothing of a picture of ours,
 * whose message may have been deleted a moment ago.
 */
export async function findUsableReferences(
  references: readonly Reference[],
  { findPicture, findOwnPicture }: Pick<ImageSources, 'findPicture' | 'findOwnPicture'>,
): Promise<Reference[]> {
  async function isUsable(reference: Reference): Promise<boolean> {
    const hasAddress = reference.url !== null && !isExpired(reference.url);
    if (reference.kind === 'attachment') return hasAddress;
    if (await findPicture(reference.generationId)) return true;
    const tooLate = delay(LOOKUP_TIMEOUT_MS, true, { ref: false });
    return await Promise.race([isInMessage(reference, hasAddress), tooLate]);
  }
  async function isInMessage(reference: PictureReference, hasAddress: boolean): Promise<boolean> {
    try {
      const { url, isDeleted } = await findOwnPicture(reference);
      return url !== null || (hasAddress && !isDeleted);
    } catch (error) {
      // Discord is busy: the run finds out.
      if (error instanceof ReplyError) return true;
      throw error;
    }
  }
  const answers = await Promise.all(references.map(isUsable));
  return references.filter((_, index) => answers[index]);
}
