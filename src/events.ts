import type {
  FailureDetails,
  FailureKind,
  ImageSize,
  LimitName,
  ModelKey,
  Problem,
  Usage,
} from './domain.ts';

/**
 * What happened, each reported once by the module that did it. The log, the metrics and the health
 * checks listen (`ops/`). Durations are milliseconds. No event holds a prompt or a secret.
 */
export type BotEvent =
  | InteractionAnswered
  /** Discord did not accept the acknowledgement of an interaction. */
  | { type: 'interaction_unanswered' }
  /** Admission refused a request: the limit or the rule (`details.problem`) that was in the way. */
  | { type: 'request_refused'; limit: LimitName | Problem<'limit'> }
  | RunStarted
  | ModelAttemptEnded
  /** The model's first thought of a run: since the person asked, and since the first request. */
  | (GenerationFacts & { type: 'first_thought'; sinceAskedMs: number; sinceRequestMs: number })
  | ImageReceived
  | GenerationEnded
  /** A picture was over an upload limit, or over the bound of a reference, and was re-encoded. */
  | { type: 'image_fitted'; purpose: FitPurpose; outcome: FitOutcome; ms: number }
  /** A request to Discord ended; `route` holds no id and no token. */
  | { type: 'discord_request_ended'; route: string; outcome: DiscordOutcome }
  | { type: 'gateway_identified' }
  | { type: 'gateway_dropped' }
  | { type: 'gateway_closed'; code: string };

/** Hands an event to all listeners. Never throws: a listener that fails fails nothing else. */
export type Report = (event: BotEvent) => void;

/** Reports nothing: for tools without listeners. */
export const ignoreEvents: Report = () => {};

/** The generation that an event is about. */
export interface GenerationFacts {
  id: string;
  model: ModelKey;
  size: ImageSize;
}

/** The first answer to an interaction has arrived at Discord. */
export interface InteractionAnswered {
  type: 'interaction_answered';
  /** `direct` is a message or a form as the first answer. */
  kind: 'public' | 'private' | 'update' | 'direct' | 'autocomplete';
  /** From the arrival of the interaction. */
  ms: number;
  /** Which interaction, for the log: ids and the command's name. */
  interaction: Readonly<Record<string, string | null>>;
}

export interface RunStarted extends GenerationFacts {
  type: 'run_started';
  /** Since the person asked. */
  waitedMs: number;
  /** Runs of this generation, this one included; more than one after a restart. */
  runs: number;
  /** Requests that earlier runs sent to the model. */
  attempts: number;
}

/** A request to the model ended, with or without a picture. */
export interface ModelAttemptEnded {
  type: 'model_attempt_ended';
  /** The generation's id. */
  id: string;
  model: ModelKey;
  /** The id by which the provider knows the model. */
  modelId: string;
  /** 1 for the first request of the generation. */
  attempt: number;
  outcome: 'ok' | FailureKind;
  /** `details.problem` of the failure. */
  problem: Problem | null;
  /** HTTP status; null when no answer came. */
  status: number | null;
  /** Bytes of the answer. */
  bytes: number;
  ms: number;
  /** Another attempt after a pause, one at once with the model's successor, or none. */
  followedBy: 'retry' | 'successor' | null;
}

/** A picture is whole on disk, and the store has taken that down. */
export interface ImageReceived extends GenerationFacts {
  type: 'image_received';
  bytes: number;
  mime: string;
  width: number;
  height: number;
  /** Since the person asked. */
  sinceAskedMs: number;
  /** Since the run began; null where that is not known. */
  sinceStartMs: number | null;
}

/**
 * How a generation ended, in the words of dashboards and alerts; `unreachable`: the picture was
 * made, and nothing could show it.
 */
export type EndOutcome = 'delivered' | 'unreachable' | Exclude<FailureKind, 'not_shown'>;

/** A generation has ended in the store, one way or another. */
export interface GenerationEnded extends GenerationFacts {
  type: 'generation_ended';
  replyId: string;
  outcome: EndOutcome;
  /** null for a picture that was delivered, and for a reply that its person deleted meanwhile. */
  failure: { kind: FailureKind; details: FailureDetails } | null;
  /** What Discord has; null without a delivery. */
  delivered: { bytes: number; fitted: boolean } | null;
  /** Since the person asked. */
  ms: number;
  runs: number;
  attempts: number;
  /** Of all requests together; null where the model told nothing. */
  usage: Usage | null;
  /** Millionths of a dollar; null without prices or usage. */
  costMicros: number | null;
}

export type FitPurpose = 'delivery' | 'reference';

/** `stopped`: the generation ended meanwhile. */
export type FitOutcome = 'ok' | 'stopped' | FailureKind;

/** The words of `ReplyErrorKind`, and what is no error of Discord's. */
export type DiscordOutcome =
  | 'ok'
  | 'gone'
  | 'expired'
  | 'too_large'
  | 'rate_limited'
  | 'busy'
  | 'rejected'
  | 'internal';
