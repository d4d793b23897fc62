import type { Failure, GenerationRequest, ImageFile, ReplyTarget, Usage } from '../domain.ts';
import type { Thought } from './transcript.ts';

/** What a person sees while a picture is being made. */
export interface WorkingState {
  id: string;
  request: GenerationRequest;
  /** Epoch milliseconds. */
  startedAt: number;
  phase: 'preparing' | 'thinking' | 'drawing' | 'waiting';
  thought: Thought | null;
  /** While waiting for another attempt: its number, and when it starts (epoch milliseconds). */
  retry: { attempt: number; at: number } | null;
}

/** A finished picture and what is said about it. */
export interface DoneState {
  id: string;
  request: GenerationRequest;
  image: ImageFile;
  usage: Usage | null;
  /** From the person's command to the whole picture. */
  durationMs: number;
}

/** What went wrong, for the person. */
export interface FailedState {
  /** The reference id that the operator finds in the log. */
  id: string;
  request: GenerationRequest | null;
  failure: Failure;
}

/**
 * One message on Discord that follows a generation. Newer states replace older ones that were not
 * sent yet, at most one request is in flight, and the end is the next request after that one.
 */
export interface LiveReply {
  /** Shows the state soon; never waits, never throws. */
  show(state: WorkingState): void;
  /** Posts the picture; resolves when Discord has it. */
  deliver(state: DoneState): Promise<void>;
  /** Says what went wrong; resolves when Discord has it. */
  fail(state: FailedState): Promise<void>;
  /** Aborts when nobody can see the reply any more (its message was deleted). */
  readonly gone: AbortSignal;
}

export type OpenLiveReply = (target: ReplyTarget) => LiveReply;
