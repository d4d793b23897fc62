import type { GeneratedImage, Job, RunDeps } from '../job.ts';
import type { FailedState, LiveReply } from '../live-reply.ts';
import type { Progress } from './progress.ts';
import type { RunTotals } from './totals.ts';

/** One run of a generation: everything that its steps work on. */
export interface Run {
  job: Job;
  reply: LiveReply;
  progress: Progress;
  totals: RunTotals;
  /** `log` names the generation. */
  deps: RunDeps;
  /** Aborts when the run must end: by its person, by a stop, or as its message was deleted. */
  signal: AbortSignal;
}

/** What is left to do about a generation when its run is over. */
export type RunEnd =
  /** Nothing: the person has seen its end, or the next process goes on with it. */
  | { kind: 'settled' }
  /** It has ended, and Discord did not accept the notice of that. */
  | { kind: 'unannounced'; notice: UndeliveredNotice }
  /** Its picture is whole, and the store did not take that down. */
  | { kind: 'unsaved'; image: GeneratedImage }
  /** Its picture is whole, and Discord did not accept it. */
  | { kind: 'undelivered'; image: GeneratedImage }
  /** It has ended, and the store did not take that down; `record` tries again. */
  | { kind: 'unrecorded'; record: () => Promise<void>; notice: UndeliveredNotice | null };

/** The notice of an end that Discord did not accept, for now or in any words. */
export interface UndeliveredNotice {
  state: FailedState;
  isRefused: boolean;
}
