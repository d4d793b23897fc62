import type { Logger } from 'pino';
import type { Prices } from '../admission/cost.ts';
import type { ImageFile, Reference, Usage } from '../domain.ts';
import type { ReferenceFile } from '../gemini/events.ts';
import type { Gemini } from '../gemini/gemini.ts';
import type { Generations } from '../store/store.ts';
import type { FailedState, Subject, WorkingState } from './live-reply.ts';
import type { Thumbnails } from './thumbnails.ts';

/** What a run needs of the other modules; built in `main.ts`. */
export interface RunDeps {
  generations: Generations;
  gemini: Pick<Gemini, 'generate'>;
  fetchReference: (
    reference: Reference,
    owner: string,
    /** What a picture may have here that is one of our own, or converted. */
    roomBytes: number,
    signal: AbortSignal,
  ) => Promise<ReferenceFile & ImageFile>;
  removeFile: (file: ImageFile) => Promise<void>;
  /** Bytes that the references of one request may have together. */
  maxReferenceBytes: number;
  /** Whether there is room for pictures that were delivered in a lesser version. */
  mayKeepOriginals: () => boolean;
  /** Of drafts, while the model works. */
  makeThumbnail: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
  thumbnails: Pick<Thumbnails, 'keep'>;
  prices: Prices;
  log: Logger;
  now: () => number;
}

/** One picture to be made and shown. */
export interface Job extends Subject {
  /** Epoch milliseconds at which the person asked. */
  askedAt: number;
  /** Requests that were sent by earlier processes, and when the first was. */
  attempts: number;
  firstAttemptAt: number | null;
  /** What those were told to have taken. */
  usage: Usage | null;
  costMicros: number | null;
  /** The picture, where an earlier process left it whole on disk. */
  made: Made | null;
}

/** What a new job has behind it. */
export const NOTHING_ASKED = {
  attempts: 0,
  firstAttemptAt: null,
  usage: null,
  costMicros: null,
  made: null,
} as const;

/** A picture that is whole on disk. */
export interface Made {
  image: ImageFile;
  usage: Usage | null;
  costMicros: number | null;
  /** Epoch milliseconds. */
  receivedAt: number;
  /** The model's thinking, which is written down with the end. */
  transcript: string;
  /** What the store has not taken down yet, and how often it was tried; null once it has. */
  unsaved: { accounted: boolean; tries: number } | null;
}

/** What is left to do about a generation when its run is over. */
export type RunEnd =
  /** Nothing: the person has seen its end, or the next process goes on with it. */
  | { kind: 'settled' }
  /** It has ended, and Discord did not take the word of it. */
  | ({ kind: 'untold' } & Untold)
  /** Its picture is whole, and the store did not take that down. */
  | { kind: 'unsaved'; made: Made }
  /** Its picture is whole, and Discord did not take it. */
  | { kind: 'undelivered'; made: Made }
  /** It has ended, and the store did not take that down. */
  | { kind: 'unrecorded'; record: () => Promise<void>; untold?: Untold | undefined };

/** An end that Discord did not take, for now or in any words. */
export interface Untold {
  state: FailedState;
  isRefused: boolean;
}

/** What the states of a job's reply have in common. */
export function subjectOf(job: Job): Subject {
  const { id, replyId, request, isPrivate, origin, largestSize } = job;
  return { id, replyId, request, isPrivate, origin, ...(largestSize && { largestSize }) };
}

/** What a job's reply shows before anything is known of its run. */
export function workingState(job: Job, phase: WorkingState['phase']): WorkingState {
  return {
    ...subjectOf(job),
    askedAt: job.askedAt,
    phase,
    position: null,
    runningSince: null,
    usualMs: null,
    thought: null,
    draft: null,
    retry: null,
  };
}
