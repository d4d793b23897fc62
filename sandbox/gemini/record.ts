import type { Ratio, Size } from './catalogue.ts';

/**
 * How a request ended:
 * `sent` the answer was written whole; `error` an HTTP error was answered; `broken-off` the local
 * Gemini cut the answer, as asked; `client-gone` the other side left first; `open` not ended yet.
 */
export type RequestOutcome = 'open' | 'sent' | 'error' | 'broken-off' | 'client-gone';

/** One request as the local Gemini saw it. Plain data, without the pictures. */
export interface RequestRecord {
  /** Counts from 1. */
  id: number;
  model: string;
  method: string;
  /** null when the request left it out, or could not be read. */
  ratio: Ratio | null;
  size: Size | null;
  /** As it arrived, the directives included. */
  prompt: string;
  references: { mime: string; bytes: number; sha256: string }[];
  /** 1 for the first request of this prompt since its last success. */
  attempt: number;
  /** Epoch milliseconds. */
  startedAt: number;
  finishedAt: number | null;
  /** HTTP status of the answer; null until there is one. */
  status: number | null;
  /** Bytes of the answer's body that were handed to the socket. */
  bytesWritten: number;
  /** Whether a picture that counts as the result left whole: from here on it has been paid for. */
  pictureSent: boolean;
  outcome: RequestOutcome;
}
