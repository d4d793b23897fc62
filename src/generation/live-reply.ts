import type {
  Failure,
  GenerationRequest,
  ImageFile,
  ImageSize,
  PassingKind,
  ReplyTarget,
  RequestCommand,
  Usage,
} from '../domain.ts';
import type { DeliveredAttachment, ReplyFacts } from '../store/store.ts';
import type { Thought } from './run/transcript.ts';

/** How a picture came of an earlier one. */
export type OriginKind = Exclude<RequestCommand, 'imagine'>;

/** The earlier picture, for people to follow. */
export interface OriginLink {
  kind: OriginKind;
  /** Its message, which nobody else can open where it is ephemeral. */
  message: Pick<ReplyFacts, 'guildId' | 'channelId' | 'messageId' | 'ephemeral'>;
  /** Which one of its message, from 1; null where it is the only one, or all of them. */
  number: number | null;
}

/** What every state of a generation's reply says and offers. */
export interface Subject {
  /** The generation; also the reference id that the operator finds in the log. */
  id: string;
  replyId: string;
  request: GenerationRequest;
  /** Only the person who asked sees it. */
  isPrivate: boolean;
  origin: OriginLink | null;
  /** The largest size that may be asked for in this place; any when left out. */
  largestSize?: ImageSize;
  /** Discord blocked its words here: they are left out, and the message says so. */
  wasBlocked?: true;
}

/** What another attempt may follow on. */
export type RetryCause = PassingKind;

/** What a person sees while a picture is being made. Moments are epoch milliseconds. */
export interface WorkingState extends Subject {
  askedAt: number;
  /**
   * `paused`: the process stops, and the next one goes on. `unsaved`: the picture is made, and the
   * store cannot take that down yet. `undelivered`: the picture is made, and
   * Discord does not take it yet.
   */
  phase:
    | 'queued'
    | 'preparing'
    | 'thinking'
    | 'drawing'
    | 'waiting'
    | 'paused'
    | 'unsaved'
    | 'undelivered';
  /** While queued: turns until it begins, 1 for the next; null while not known. */
  position: number | null;
  /** When its run began; null while queued. */
  runningSince: number | null;
  /** How long such a picture usually takes; null without a history. */
  usualMs: number | null;
  thought: Thought | null;
  /** A small WebP of the newest draft. */
  draft: Uint8Array<ArrayBuffer> | null;
  /** While waiting for another attempt: its number, when it starts, and how the last one ended. */
  retry: { attempt: number; at: number; after: RetryCause } | null;
}

/** A finished picture and what is said about it. */
export interface DoneState extends Subject {
  image: ImageFile;
  usage: Usage | null;
  costMicros: number | null;
  /** From the person's command to the whole picture. */
  durationMs: number;
}

/** What went wrong, for the person. */
export interface FailedState {
  /** The reference id that the operator finds in the log. */
  id: string;
  /** null where it never became a generation. */
  subject: Subject | null;
  failure: Failure;
  /** What the person wrote into a form that came to nothing, and would have to write again. */
  typed?: string;
  /** Only what Darkroom itself knows is shown: no file's name, nothing that the model wrote. */
  hidesDetails?: true;
}

/** Where a picture ended up. */
export type Delivery =
  | { to: 'message'; attachment: DeliveredAttachment; fitted: boolean }
  /** The message was deleted; nobody wants it any more. */
  | { to: 'nobody' }
  /** Neither token nor channel lets the bot write; `/history` has the picture. */
  | { to: 'unreachable' }
  /** Discord does not accept it now; to be tried again. */
  | { to: 'later' };

/**
 * A generation's part of one message on Discord, as it runs. Newer states replace older ones that
 * were not sent yet, at most one request is in flight, and a final state is the next request.
 */
export interface LiveReply {
  /** Shows the state soon; never waits, never throws. */
  show(state: WorkingState): void;
  /** Shows a state as the last of this process; resolves when it was tried. Never rejects. */
  suspend(state: WorkingState): Promise<void>;
  /**
   * Posts the picture, fitted under the upload limit where it must be.
   *
   * @throws Failure `not_shown` where Discord accepts it in no size, or not at all; what the fit
   *   throws; the signal's reason.
   */
  deliver(state: DoneState, signal: AbortSignal): Promise<Delivery>;
  /**
   * Shows what went wrong. Resolves with 'shown' also where nobody can see it any more, and with
   * 'refused' where Discord accepts it in no words.
   *
   * @throws ReplyError where Discord accepts nothing for now.
   */
  fail(state: FailedState): Promise<'shown' | 'refused'>;
  /**
   * Whether Discord blocks the words of the request in this place (AutoMod). Waits for the answer
   * to the first edit where there is none yet, a second at most; never rejects.
   */
  areWordsBlocked(): Promise<boolean>;
  /** Aborts when nobody can see the reply any more (its message was deleted). */
  readonly deleted: AbortSignal;
  /** Whether anything could still be shown, by token or channel. */
  isReachable(): boolean;
}

/** A generation's place in a reply, and how it ended where it has. */
export interface ReplySlot {
  subject: Subject;
  end: { done: DoneState; attachment: DeliveredAttachment } | { failed: FailedState } | null;
}

/**
 * Called with the message's id once it is known, and whether Discord shows it to its person alone,
 * which it may decide by itself.
 */
export type OnMessage = (messageId: string, isPrivate: boolean) => void;

/**
 * Opens a reply of one to four generations: one message, in which each has a live reply of its
 * own, by its id.
 */
export type OpenLiveReply = (
  target: ReplyTarget,
  slots: readonly ReplySlot[],
  onMessage: OnMessage,
) => ReadonlyMap<string, LiveReply>;
