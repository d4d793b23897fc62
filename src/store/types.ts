import type {
  FailureReason,
  GenerationRequest,
  GenerationState,
  ImageFile,
  ImageSize,
  ModelKey,
  Refusal,
  ReplyTarget,
  RequestCommand,
  Usage,
} from '../domain.ts';

/** What a picture was made from: another reply's picture, kept or not. */
export interface Origin {
  replyId: string;
  generationId: string;
}

/** A reply that asks to be admitted, with its 1–4 generations in order. */
export interface NewReply {
  id: string;
  command: RequestCommand;
  target: ReplyTarget;
  origin: Origin | null;
  /** Epoch milliseconds; its UTC day is the one whose quota it counts in. */
  createdAt: number;
  generations: NewGeneration[];
}

export interface NewGeneration {
  id: string;
  request: GenerationRequest;
  /** The most it is thought to cost; 0 where no prices are known. */
  reservedCostMicros: number;
}

/** Limits as they apply to one person here and now; null where there is none. */
export interface AdmissionLimits {
  /** Generations of one person that have not ended. */
  userOpen: number | null;
  userPicturesPerDay: number | null;
  /** Between two admissions of one person. */
  userCooldownMs: number | null;
  guildPicturesPerDay: number | null;
  guildCostMicrosPerDay: number | null;
  botPicturesPerDay: number | null;
  botCostMicrosPerDay: number | null;
}

/** A bot-wide limit of which four fifths are used: told once a day, for the log. */
export interface LimitWarning {
  limit: 'bot_pictures' | 'bot_cost';
  value: number;
  used: number;
}

export type Admission =
  | { admitted: true; warnings: LimitWarning[] }
  | { admitted: false; refusal: Refusal };

/** What the store says of a reply itself. Moments are epoch milliseconds. */
export interface ReplyFacts {
  id: string;
  command: RequestCommand;
  userId: string;
  guildId: string | null;
  channelId: string | null;
  messageId: string | null;
  ephemeral: boolean;
  origin: Origin | null;
  createdAt: number;
  /** When its last state had been shown to the person. */
  settledAt: number | null;
  /** When retention erased what the person wrote. */
  erasedAt: number | null;
}

/** A reply as the store has it, with its generations in order. */
export interface StoredReply extends ReplyFacts {
  /** null once the reply is settled: it holds the interaction's token. */
  target: ReplyTarget | null;
  generations: StoredGeneration[];
}

/** A reply whose last state was not shown yet. */
export interface OpenReply extends StoredReply {
  target: ReplyTarget;
  settledAt: null;
  generations: (StoredGeneration & { request: GenerationRequest })[];
}

/** A generation as the store has it. Moments are epoch milliseconds. */
export interface StoredGeneration {
  id: string;
  replyId: string;
  /** Its place in the reply, from 0. */
  position: number;
  userId: string;
  state: GenerationState;
  model: ModelKey;
  size: ImageSize;
  /** null once retention erased it. */
  request: GenerationRequest | null;
  createdAt: number;
  /** When its newest run began. */
  startedAt: number | null;
  /** Runs begun; each may end with its process before it sends a request. */
  runs: number;
  /** Requests sent to the model, over all runs. */
  attempts: number;
  firstAttemptAt: number | null;
  receivedAt: number | null;
  /** Deliveries begun, but for those put off; each may end with its process. */
  deliveryAttempts: number;
  /** When it ended, one way or another. */
  concludedAt: number | null;
  /** The picture as it was spooled; the file itself may be gone. */
  image: ImageFile | null;
  /** The picture as Discord has it, once delivered. */
  attachment: DeliveredAttachment | null;
  usage: Usage | null;
  /** What it cost, in millionths of a dollar; null while that is not known. */
  costMicros: number | null;
  /** What it holds of its day's cost limits: what was reserved, then what it cost. */
  heldCostMicros: number;
  failure: FailureReason | null;
  /** Something of it cannot be read any more that it cannot go on without. */
  damaged: boolean;
}

/** What all requests of a generation have cost so far, as their responses report it. */
export type GenerationCost = Pick<StoredGeneration, 'usage' | 'costMicros'>;

/** What went out to Discord, which may have been fitted under a limit. */
export interface DeliveredAttachment {
  /** null where Discord's answer did not say. */
  id: string | null;
  name: string;
  mime: string;
  bytes: number;
  /** The message that has it; left out by earlier versions. */
  messageId?: string | null;
}
