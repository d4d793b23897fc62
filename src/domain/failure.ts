import type { Refusal } from './guild-limits.ts';

/**
 * Why nobody got the picture, by kind, each with the problems by which it may be told more closely.
 * What people read is `texts.failed` of the catalogue, by kind, and by problem where that has a
 * sentence of its own. The words are stored, logged and counted. `other` is what nobody knows any
 * more: its row was erased, or holds a word that this version does not know.
 */
export const FAILURE_PROBLEMS = {
  /** The prompt was declined, by the model or its provider: put it in other words. */
  refused_prompt: [],
  /** The model made a picture and would not show it: change the prompt. */
  refused_image: [],
  /** The model finished without a picture: say more plainly what it should show. */
  no_image: [],
  /**
   * No room at the provider, or no way to it (`no_connection`): try again later. `daily_limit`: it
   * gives nothing more today, and its operator is told. `unknown_model`: nobody serves the model
   * now, or ever.
   */
  busy: ['no_connection', 'daily_limit', 'unknown_model'],
  /** The answer ended before the picture was whole: try again. */
  cut: [],
  /** Nothing came for too long (`idle`), or not all of it in time (`whole`): try again. */
  timeout: ['idle', 'whole'],
  /** What came cannot be read, or is no picture that can be used: try again. */
  bad_answer: [
    'unreadable',
    'too_large',
    'too_many',
    'too_deep',
    'broken_off',
    'image_host',
    'image_fetch',
    'not_an_image',
    'heic',
    'too_many_pixels',
    'cannot_fit',
  ],
  /** The provider takes no such request: change prompt, size or reference. */
  rejected: [],
  /** A picture to go by cannot be used; the sentence names the file and what to do about it. */
  reference: [
    'host',
    'too_large',
    'not_a_picture',
    'unreadable',
    'undecodable',
    'broken_off',
    'too_many_pixels',
    'heic',
    'animated_avif',
    'big_tiff',
    'svg',
    'too_large_together',
    'too_many',
    'unreachable',
    'other',
  ],
  /** The bot's access to the model fails: people read that its operator was told, who mends it. */
  misconfigured: [
    'key',
    'balance',
    'quota',
    'forbidden',
    'precondition',
    'unknown_model',
    'price',
    'address',
    'redirect',
    'tls',
  ],
  /** A rule or a limit is in the way, before the model is asked; the sentence says which. */
  limit: [
    'model',
    'no_price',
    'no_model',
    'size',
    'private',
    'already_made',
    'automod',
    'blocked_words',
    'unreadable_words',
    'unchecked_words',
    'guild',
    'direct_messages',
    'user_install',
    'needs_server',
    'manage_server',
    'not_yours',
    'has_ended',
    'no_picture',
    'cannot_delete_here',
    'not_kept',
    'erased',
    'form_over',
    'not_ours',
    'somebody_elses',
    'not_larger',
    'no_words',
    'picture_missing',
    'unreachable_picture',
    'other_files',
    'sticker',
    'fetch_later',
    'delete_again',
    'delete_later',
    'other',
  ],
  /** The disk or the spool is full: try again later; its operator is told. */
  no_space: [],
  /** A person stopped it; it `counts` where the model had been asked. */
  cancelled: ['counts'],
  /** The process ended before it; `shutdown`: the next one goes on with it. */
  interrupted: ['shutdown'],
  /**
   * The picture is made and kept, and its person does not see it: `/history` has it for a day.
   * `cannot_fit`: Discord takes no file of its size. `not_taken`: Discord refuses the message.
   * `unreachable`: neither token nor channel can be written to. `send_failed`: a fault of ours.
   */
  not_shown: ['cannot_fit', 'not_taken', 'unreachable', 'send_failed', 'other'],
  /**
   * A fault of the bot, which is logged. `machine`: no more files, ports or memory. `damaged`: the
   * record of the generation cannot be read.
   */
  internal: ['machine', 'damaged'],
} as const;

/** What the operator has to do something about at the provider. */
export type ProviderProblem = Problem<'misconfigured'> | 'daily_limit';

export type FailureKind = keyof typeof FAILURE_PROBLEMS;

/** The problems that a kind may be told by; those of all kinds without one. */
export type Problem<Kind extends FailureKind = FailureKind> =
  (typeof FAILURE_PROBLEMS)[Kind][number];

/** Kinds that another request to the model may mend, as long as no image byte has arrived. */
const PASSING = ['busy', 'cut', 'bad_answer'] as const satisfies readonly FailureKind[];
export type PassingKind = (typeof PASSING)[number];

export function isPassing(kind: FailureKind): kind is PassingKind {
  return PASSING.some((passing) => passing === kind);
}

/** Kinds by which the model itself declines, or draws nothing. */
export const REFUSALS = [
  'refused_prompt',
  'refused_image',
  'no_image',
] as const satisfies readonly FailureKind[];
export type RefusalKind = (typeof REFUSALS)[number];

/** What a sentence about any failure, or the log, may need. Holds no secret. */
interface CommonDetails {
  /** The provider's reason code, such as `SAFETY`. */
  reason?: string;
  /** The model's own words, as it wrote them; escape before showing. */
  words?: string;
  /** How long the other side asked to be left alone. */
  retryAfterMs?: number;
  /** How often the model was asked in all. */
  attempts?: number;
  /** HTTP status of the answer, where there was one. */
  status?: number;
  /** The name of the person's file that this is about; of `reference` alone. */
  file?: string;
  /** The limit that is in the way, of `limit` where no rule is. */
  refusal?: Refusal;
}

/** The kinds that say nothing without their problem. */
export interface RequiredDetails {
  reference: { problem: Problem<'reference'> };
  limit: { problem: Problem<'limit'> } | { problem?: never; refusal: Refusal };
  not_shown: { problem: Problem<'not_shown'> };
}

export type FailureDetails<Kind extends FailureKind = FailureKind> = Kind extends unknown
  ? CommonDetails &
      (Kind extends keyof RequiredDetails ? RequiredDetails[Kind] : { problem?: Problem<Kind> })
  : never;

/** A failure as plain data, which is what the store keeps of it. */
export type FailureReason = {
  [Kind in FailureKind]: { kind: Kind; details: FailureDetails<Kind> };
}[FailureKind];

/** What a failure is made of: its details may be left out where the kind alone says enough. */
type FailureArguments =
  | {
      [Kind in FailureKind]: Kind extends keyof RequiredDetails
        ? [kind: Kind, message: string, options: { details: FailureDetails<Kind>; cause?: unknown }]
        : [
            kind: Kind,
            message: string,
            options?: { details?: FailureDetails<Kind>; cause?: unknown },
          ];
    }[FailureKind]
  /** The reason that was found elsewhere, with what else is known of it. */
  | [
      reason: FailureReason,
      message: string,
      options?: { details?: CommonDetails; cause?: unknown },
    ];

/**
 * The only error that crosses modules. `kind` and `details.problem` pick the sentence that a person
 * reads; `message` is for the log and holds no secret and no prompt.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly reason: FailureReason;

  constructor(...[what, message, { details, cause } = {}]: FailureArguments) {
    super(message, cause === undefined ? undefined : { cause });
    const found = typeof what === 'string' ? { kind: what, details: {} } : what;
    // Each member of the arguments has the details of its kind, which TypeScript forgets here.
    this.reason = { kind: found.kind, details: { ...found.details, ...details } } as FailureReason;
  }

  /** What was thrown, as a failure: `internal` with this message for what is none. */
  static from(thrown: unknown, message: string): Failure {
    return thrown instanceof Failure ? thrown : new Failure('internal', message, { cause: thrown });
  }

  get kind(): FailureKind {
    return this.reason.kind;
  }

  get details(): FailureDetails {
    return this.reason.details;
  }
}
