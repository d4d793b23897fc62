import type { Logger } from 'pino';
import type { Prices } from '../admission/cost.ts';
import type { ImageFile, Reference, Usage } from '../domain.ts';
import type { Report } from '../events.ts';
import type { Gemini } from '../gemini/gemini.ts';
import type { ReferenceFile } from '../gemini/model-events.ts';
import type { Generations } from '../store/store.ts';
import type { Subject, WorkingState } from './live-reply.ts';

/** What a run needs of the other modules; built in `app/`. */
export interface RunDeps {
  generations: Generations;
  gemini: Pick<Gemini, 'generate' | 'limits'>;
  fetchReference: (
    reference: Reference,
    owner: string,
    /** Bytes that it may have here if it is one of our own pictures, or converted. */
    budgetBytes: number,
    signal: AbortSignal,
  ) => Promise<ReferenceFile & ImageFile>;
  removeFile: (file: ImageFile) => Promise<void>;
  /** Bytes that the references of one request may have together. */
  maxReferenceBytes: number;
  /** Whether there is room for pictures that were delivered in a lesser version. */
  mayKeepOriginals: () => boolean;
  /** Of drafts, while the model works. */
  makeThumbnail: (path: string) => Promise<Uint8Array<ArrayBuffer>>;
  /** Keeps a small version for `/history`, beside the run; `then` runs in any case. */
  keepThumbnail: (id: string, path: string, then: () => Promise<void>) => void;
  prices: Prices;
  report: Report;
  log: Logger;
  now: () => number;
}

/** What a generation took, over all its runs, those of earlier processes included. */
export interface Spent {
  runs: number;
  /** Requests to the model. */
  attempts: number;
  /** Of all requests together; null where the model told nothing. */
  usage: Usage | null;
  /** Millionths of a dollar; null while nothing is known. */
  costMicros: number | null;
}

/** One picture to be made and shown. */
export interface Job {
  /** What every state of its reply says. */
  subject: Subject;
  /** Epoch milliseconds at which the person asked. */
  askedAt: number;
  /** When an earlier process sent the first request; null when none did. */
  firstAttemptAt: number | null;
  /** By earlier runs. */
  spent: Spent;
  /** The picture, where an earlier run left it whole on disk. */
  image: GeneratedImage | null;
}

/** What a new job has spent. */
export const NOTHING_SPENT: Spent = { runs: 0, attempts: 0, usage: null, costMicros: null };

/** A picture that is whole on disk. Moments are epoch milliseconds. */
export interface GeneratedImage {
  file: ImageFile;
  spent: Spent;
  /** When the run began that brought it; null where that is not known. */
  startedAt: number | null;
  receivedAt: number;
  /** The model's thinking, which is written down with the end. */
  transcript: string;
  /**
   * Set until the store has taken the picture down: whether its request told of its tokens, and
   * how often the store was tried.
   */
  unsaved: { accounted: boolean; tries: number } | null;
}

/** What a job's reply shows before anything is known of its run. */
export function workingState(job: Job, phase: WorkingState['phase']): WorkingState {
  return {
    ...job.subject,
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
