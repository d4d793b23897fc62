import type {
  AspectRatio,
  FailureKind,
  ImageFile,
  ImageSize,
  ModelKey,
  PassingKind,
  ReferenceMime,
  Usage,
} from '../domain.ts';

/** A reference that is ready to be sent: on disk, of a type that the model takes. */
export interface ReferenceFile {
  path: string;
  bytes: number;
  mime: ReferenceMime;
}

/** One picture to be asked for, with everything fetched. */
export interface ModelRequest {
  /** The generation's id; names its files in the spool, so that they are found after a crash. */
  id: string;
  model: ModelKey;
  prompt: string;
  ratio: AspectRatio | null;
  size: ImageSize;
  references: ReferenceFile[];
}

/**
 * What one generation says while it runs, in order. Files of drafts and superseded images stay on
 * disk until the stream of events ends; the file of `outcome` then belongs to the reader.
 */
export type ModelEvent =
  /**
   * A request is about to be sent; 1 for the first. `after`: how the one before it failed, where
   * this one follows it at once, to the model's successor.
   */
  | { type: 'attempt'; attempt: number; after?: FailureKind }
  /** The attempt failed in a way that may pass; the next one starts after the delay. */
  | { type: 'waiting'; attempt: number; delayMs: number; kind: PassingKind }
  | { type: 'thought'; text: string }
  | { type: 'text'; text: string }
  /** An interim picture, flagged as a thought. */
  | { type: 'draft'; image: ImageFile }
  /** A whole picture without the thought flag; a later one supersedes it. */
  | { type: 'image'; image: ImageFile }
  | { type: 'usage'; usage: Usage }
  /** Always the last event, and the only way to success; failures are thrown as `Failure`. */
  | { type: 'outcome'; image: ImageFile; usage: Usage | null };
