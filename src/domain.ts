/**
 * The words that all modules share. Plain types and data, so that a request can be stored,
 * queued and run in another process. This file imports nothing.
 */

/** The two models of the catalogue, by the name a person picks. */
export type ModelKey = 'flash' | 'pro';

/** How people read the models' names; the wire's ids are configuration. */
export const MODEL_LABELS = { flash: 'Flash 3.1', pro: 'Pro 3' } as const satisfies Record<
  ModelKey,
  string
>;

/** Ratios that the provider's documents name for both models. */
export const ASPECT_RATIOS = ['1:1', '4:3', '3:4', '16:9', '9:16'] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

/** Sizes as the wire wants them; the case matters (`1k` is refused or silently downgraded). */
export const IMAGE_SIZES = ['1K', '2K', '4K'] as const;
export type ImageSize = (typeof IMAGE_SIZES)[number];

/** A reply is one message on Discord with so many images side by side at most. */
export const MAX_IMAGES_PER_REPLY = 4;

/** The image types that the model takes as a reference. */
export type ReferenceMime = 'image/jpeg' | 'image/png' | 'image/webp';

/** What Discord says of a file. */
export interface FileFacts {
  /** As the person sees it; for messages about this file only, never a path. */
  name: string;
  /** What Discord says it is; the truth is told by its first bytes. */
  contentType: string | null;
  /** null where Discord does not say, as of a link's picture or a sticker. */
  bytes: number | null;
}

/** A picture for the model to go by; it is fetched when its generation begins to run. */
export type Reference = AttachmentReference | PictureReference;

/** A file that a person gave, by its address at Discord. */
export interface AttachmentReference extends FileFacts {
  kind: 'attachment';
  url: string;
}

/** One of Darkroom's own pictures: taken as it was made while that is on disk. */
export interface PictureReference extends FileFacts {
  kind: 'picture';
  generationId: string;
  /** Where its message had it when it was asked for; null where that was not known. */
  url: string | null;
}

/**
 * What a request is for: a picture that its prompt describes (`imagine`), a change to the one it
 * goes by (`edit`), or that very picture with more pixels (`enlarge`), of which the prompt only
 * says what it shows.
 */
export const INTENTS = ['imagine', 'edit', 'enlarge'] as const;
export type Intent = (typeof INTENTS)[number];

/** How a person asked: by a command, or by a button under an earlier picture. */
export const REQUEST_COMMANDS = ['imagine', 'edit', 'again', 'enlarge'] as const;
export type RequestCommand = (typeof REQUEST_COMMANDS)[number];

/** Everything that is asked of the model for one picture. */
export interface GenerationRequest {
  intent: Intent;
  /** Empty for an enlargement alone, whose words may have been erased. */
  prompt: string;
  model: ModelKey;
  /** null leaves the choice to the model, which follows its input. */
  ratio: AspectRatio | null;
  size: ImageSize;
  references: Reference[];
}

/** Where the reply lives, and what may be done with it. Enough for another process to write it. */
export interface ReplyTarget {
  applicationId: string;
  interactionId: string;
  /** A secret: whoever holds it can write as the bot until the deadline. */
  interactionToken: string;
  /** Epoch milliseconds. Discord lets an interaction token live for 15 minutes. */
  tokenExpiresAt: number;
  channelId: string | null;
  guildId: string | null;
  userId: string;
  /** Known after the first answer to an edit. */
  messageId: string | null;
  ephemeral: boolean;
  /**
   * The bot's own permissions in the channel, as Discord's decimal bit string. Send Messages tells
   * whether it may write there, in threads as well.
   */
  appPermissions: string;
  /** Whether the server installed the bot, or only the person who typed. */
  installContext: 'guild' | 'user';
  locale: string;
  /** Bytes that one attachment may have, of this interaction. */
  attachmentSizeLimit: number;
}

/** Tokens of one generation; null where the model did not say. */
export interface Usage {
  promptTokens: number | null;
  imageTokens: number | null;
  thoughtTokens: number | null;
  totalTokens: number | null;
}

/** An image file on disk, its type and size read from its own bytes. */
export interface ImageFile {
  path: string;
  bytes: number;
  mime: string;
  width: number;
  height: number;
}

export type FailureKind =
  | 'refused_prompt'
  | 'refused_image'
  | 'no_image'
  | 'busy'
  | 'cut'
  | 'timeout'
  | 'bad_answer'
  | 'rejected'
  | 'reference'
  | 'misconfigured'
  | 'limit'
  | 'no_space'
  | 'cancelled'
  | 'interrupted'
  | 'internal';

/**
 * Where a generation stands. The first three are open, the rest are ends and never change:
 * `queued → running → received → delivered`, and from each open one to the other ends.
 */
export type GenerationState = OpenState | EndState;
export type OpenState = 'queued' | 'running' | 'received';
/** `received` means that the picture is whole on disk; it is never paid for again. */
export type EndState = 'delivered' | 'failed' | 'cancelled' | 'interrupted';

/** What admission holds back. Days are UTC days; costs are in millionths of a dollar. */
export type LimitName =
  | 'user_open'
  | 'user_cooldown'
  | 'user_pictures'
  | 'guild_pictures'
  | 'guild_cost'
  | 'bot_pictures'
  | 'bot_cost';

/** Why admission said no. */
export interface Refusal {
  limit: LimitName;
  /** The limit itself: pictures, millionths of a dollar, or (cooldown) milliseconds. */
  value: number;
  /** What is left of it now, in the same unit; never negative. */
  left: number;
  /** What was asked for, in the same unit; more than `value` can never pass. */
  asked: number;
  /**
   * Epoch milliseconds; null when it frees as soon as one of the person's own finishes
   * (`user_open`), and when so much never passes (`asked > value`).
   */
  freesAt: number | null;
}

/**
 * What a guild may set for itself; the environment gives the defaults. Limits are null where
 * there is none; costs are in millionths of a dollar.
 */
export interface GuildSettings {
  /** Generations of one person that have not ended. */
  userOpen: number | null;
  userPicturesPerDay: number | null;
  /** Between two requests of one person. */
  userCooldownMs: number | null;
  guildPicturesPerDay: number | null;
  guildCostMicrosPerDay: number | null;
  models: ModelKey[];
  largestSize: ImageSize;
  privateAllowed: boolean;
  /** Whole words, or `/regular expressions/`. */
  blockedWords: string[];
  /** Ids of roles that the person's and the guild's limits do not hold back. */
  exemptRoles: string[];
}

/** Kinds that another attempt may mend, as long as no image byte has arrived. */
const RETRYABLE: ReadonlySet<FailureKind> = new Set(['busy', 'cut', 'bad_answer']);

/** `details.problem` of `misconfigured`: what is wrong with the set-up, for its operator to mend. */
export type SetUpProblem =
  | 'key'
  | 'balance'
  | 'quota'
  | 'forbidden'
  | 'precondition'
  | 'unknown_model'
  | 'price'
  | 'address'
  | 'redirect'
  | 'tls';

/**
 * `details.problem` of `busy`: the provider gives nothing more today. A person can only wait, but
 * its operator may raise the limit.
 */
export const DAILY_LIMIT = 'daily_limit';

/** What a sentence about a failure may need beyond its kind. Shown to people; holds no secret. */
export interface FailureDetails {
  /** The provider's reason code, such as `SAFETY`. */
  reason?: string;
  /** The model's own words, as it wrote them; escape before showing. */
  words?: string;
  /** How long the other side asked to be left alone. */
  retryAfterMs?: number;
  /** How often the model was asked in all. */
  attempts?: number;
  /** The name of the person's file that this is about. */
  file?: string;
  /** Which of the known problems it is, for kinds with several sentences (see the catalogue). */
  problem?: string;
  /** The limit that is in the way, for `limit`. */
  refusal?: Refusal;
  /** HTTP status of the answer, where there was one; for the log. */
  status?: number;
}

/**
 * The only error that crosses modules. `kind` picks the sentence that a person reads;
 * `message` is for the log and holds no secret and no prompt.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly details: FailureDetails;

  constructor(
    kind: FailureKind,
    message: string,
    options: { details?: FailureDetails; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.kind = kind;
    this.details = options.details ?? {};
  }

  /** Whether another attempt may help, provided that no image byte has arrived. */
  get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}
