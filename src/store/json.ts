import { z } from 'zod';
import type { FailureDetails, ImageFile, Reference, ReplyTarget } from '../domain.ts';
import type { DeliveredAttachment } from './types.ts';

/**
 * What the columns of JSON hold. Only the store writes them, but a disk, a tool or another version
 * may have changed them since: each names what its readers cannot do without, and lets the rest be.
 */
const count = z.number().nonnegative();

const reference = z.looseObject({ url: z.string(), name: z.string(), bytes: count });

const references = z.array(reference);

const imageFile = z.looseObject({
  path: z.string(),
  bytes: count,
  mime: z.string(),
  width: count,
  height: count,
});

const attachment = z.looseObject({
  id: z.string().nullable(),
  name: z.string(),
  mime: z.string(),
  bytes: count,
});

const failureDetails = z.looseObject({});

/** What reaches the reply; earlier versions wrote less than this one beside it. */
const replyTarget = z.looseObject({
  applicationId: z.string(),
  interactionToken: z.string(),
  tokenExpiresAt: z.number(),
  userId: z.string(),
  channelId: z.string().nullable(),
  appPermissions: z.string().regex(/^\d{1,30}$/),
  installContext: z.enum(['guild', 'user']),
  attachmentSizeLimit: count,
});

/** null for what is not there, and for what cannot be read any more. */
function read<T>(schema: z.ZodType, text: unknown): T | null {
  if (typeof text !== 'string') return null;
  try {
    const result = schema.safeParse(JSON.parse(text));
    return result.success ? (result.data as T) : null;
  } catch {
    return null;
  }
}

export const readReferences = (text: unknown) => read<Reference[]>(references, text);
export const readImageFile = (text: unknown) => read<ImageFile>(imageFile, text);
export const readAttachment = (text: unknown) => read<DeliveredAttachment>(attachment, text);
export const readFailureDetails = (text: unknown) => read<FailureDetails>(failureDetails, text);
export const readReplyTarget = (text: unknown) => read<ReplyTarget>(replyTarget, text);

/** A value of any shape, null included; undefined where none can be read. */
export function readAnyJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
