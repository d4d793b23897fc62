import { z } from 'zod';
import {
  FAILURE_PROBLEMS,
  type FailureKind,
  type FailureReason,
  type GuildSettings,
  IMAGE_SIZES,
  type ImageFile,
  INTENTS,
  type Intent,
  MODEL_LABELS,
  type ModelKey,
  type Problem,
  type Reference,
  type ReplyTarget,
  type RequiredDetails,
} from '../../domain.ts';
import type { DeliveredAttachment } from '../types.ts';

/**
 * What the columns of JSON hold. Only the store writes them, but a disk, a tool or another version
 * may have changed them since: each names what its readers cannot do without, and lets the rest be.
 */
const count = z.number().nonnegative();

/**
 * A reference in the form that every version reads: an empty address and 0 bytes are ones that are
 * not known, and one of our own pictures has its generation's id. Each says what its request is
 * for, by a member of that intent's name; earlier versions did so for `enlarge` alone.
 */
const storedReference = z.looseObject({
  url: z.string(),
  name: z.string(),
  contentType: z.string().nullable().catch(null),
  bytes: count,
  generationId: z.string().optional().catch(undefined),
});

const storedReferences = z.array(storedReference);

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
  messageId: z.string().nullable().optional(),
});

/** What a failure's details may hold; each is left out where it cannot be read. */
const TEXT = z.string().optional().catch(undefined);
const NUMBER = z.number().optional().catch(undefined);
const failureDetails = z.object({
  ...{ problem: TEXT, reason: TEXT, words: TEXT, file: TEXT },
  ...{ retryAfterMs: NUMBER, attempts: NUMBER, status: NUMBER },
});

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

/** undefined for what is not there, and for what cannot be read any more. */
function read<T>(schema: z.ZodType, text: unknown): T | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data as T | undefined;
  } catch {
    return undefined;
  }
}

/** null where nobody wrote down what the request is for. */
export function parseReferences(
  text: unknown,
): { references: Reference[]; intent: Intent | null } | null {
  const stored = read<z.infer<typeof storedReferences>>(storedReferences, text);
  if (stored === undefined) return null;
  const references = stored.map(({ url, name, contentType, bytes, generationId }): Reference => {
    const facts = { name, contentType, bytes: bytes === 0 ? null : bytes };
    return generationId === undefined
      ? { kind: 'attachment', url, ...facts }
      : { kind: 'picture', generationId, url: url === '' ? null : url, ...facts };
  });
  const marked = INTENTS.find((intent) => stored.some((reference) => reference[intent] === true));
  return { references, intent: marked ?? null };
}

/** @param intent What the request is for; left out where nothing was asked for yet. */
export function serializeReferences(references: readonly Reference[], intent?: Intent): string {
  const mark = intent === undefined ? {} : { [intent]: true };
  return JSON.stringify(
    references.map((reference) => {
      const { url, name, contentType, bytes } = reference;
      const facts = { url: url ?? '', name, contentType, bytes: bytes ?? 0 };
      const own = reference.kind === 'picture' ? { generationId: reference.generationId } : {};
      return { ...facts, ...own, ...mark };
    }),
  );
}

export const parseImageFile = (text: unknown) => read<ImageFile>(imageFile, text) ?? null;
export const parseAttachment = (text: unknown) =>
  read<DeliveredAttachment>(attachment, text) ?? null;
export const parseReplyTarget = (text: unknown) => read<ReplyTarget>(replyTarget, text) ?? null;

/** What earlier versions wrote of pictures that were made and not shown, by kind and problem. */
const NOT_SHOWN: Readonly<Record<string, Problem<'not_shown'>>> = {
  'bad_answer cannot_fit': 'cannot_fit',
  'bad_answer not_taken': 'not_taken',
  'timeout unreachable': 'unreachable',
  'internal not_shown': 'send_failed',
};

/** The kinds that always have a problem. */
const NEEDS_PROBLEM: ReadonlySet<FailureKind> = new Set<keyof RequiredDetails>([
  'reference',
  'limit',
  'not_shown',
]);

/** Reads why a generation failed, whichever version wrote it; a word that none knows is dropped. */
export function parseFailure(storedKind: string, text: unknown): FailureReason {
  const stored = read<z.infer<typeof failureDetails>>(failureDetails, text) ?? {};
  const { problem: storedProblem, ...facts } = stored;
  const notShown = NOT_SHOWN[`${storedKind} ${storedProblem}`];
  const known = Object.hasOwn(FAILURE_PROBLEMS, storedKind) ? storedKind : 'internal';
  const kind = notShown ? 'not_shown' : (known as FailureKind);
  const problems: readonly Problem[] = FAILURE_PROBLEMS[kind];
  const problem =
    notShown ??
    problems.find((one) => one === storedProblem) ??
    (NEEDS_PROBLEM.has(kind) ? 'other' : undefined);
  const given = Object.entries({ problem, ...facts }).filter(([, value]) => value !== undefined);
  return { kind, details: Object.fromEntries(given) } as FailureReason;
}

/** A limit of a guild; null for none. */
const limit = z.int().nonnegative().nullable();

/** A list without what it cannot hold. */
const listOf = <Item>(item: z.ZodType<Item>) =>
  z
    .array(z.unknown())
    .transform((entries) =>
      entries.filter((entry): entry is Item => item.safeParse(entry).success),
    );

const SETTINGS = {
  userOpen: limit,
  userPicturesPerDay: limit,
  userCooldownMs: limit,
  guildPicturesPerDay: limit,
  guildCostMicrosPerDay: limit,
  models: listOf(z.enum(Object.keys(MODEL_LABELS) as ModelKey[])).refine(
    (models) => models.length > 0,
  ),
  largestSize: z.enum(IMAGE_SIZES),
  privateAllowed: z.boolean(),
  blockedWords: listOf(z.string()),
  exemptRoles: listOf(z.string()),
} as const satisfies { [Name in keyof GuildSettings]: z.ZodType<GuildSettings[Name]> };

export function isSettingName(name: string): name is keyof GuildSettings {
  return Object.hasOwn(SETTINGS, name);
}

/** A guild's own value, null (no limit) included; undefined where there is none that can be read. */
export function parseSetting(name: keyof GuildSettings, text: unknown): unknown {
  return read(SETTINGS[name], text);
}
